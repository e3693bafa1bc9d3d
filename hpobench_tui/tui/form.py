"""What a person filled in on the set-up screen, and the experiment that it describes."""

from collections.abc import Sequence
from dataclasses import dataclass

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Contender, Experiment, Limits
from hpobench_tui.core.nearest import shown
from hpobench_tui.engine.front import spec
from hpobench_tui.engine.front.estimate import estimate
from hpobench_tui.engine.front.fields import LONGEST_NAME, MAX_RUNS
from hpobench_tui.tui.widgets.bar import duration

MOST = 10**9
"""The largest amount of a budget in the form: seconds are kept in nanoseconds, of which 64 bits hold 9 × 10⁹."""
MOST_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Form:
    """Texts as they stand in the fields.

    Attributes:
        amount: Empty: the budgets of the preset, problem by problem.
        workers: Empty or ``auto``: one a core.
        preset: What the form was filled from. Its optimizers' settings, its budgets by problem, and what has no field
            (limits, simulated clock, recording, report) hold for what is made of it.
    """

    name: str
    problems: tuple[str, ...]
    optimizers: tuple[str, ...]
    amount: str
    unit: str
    repetitions: str
    seed: str
    workers: str = ""
    device: str = "auto"
    preset: Experiment | None = None

    def experiment(self) -> Experiment:
        """The experiment, checked as one from a file would be; impossible pairs are left out and listed in it.

        Raises:
            HpobenchError: says which field to mend.
        """
        if not spec.NAME.fullmatch(self.name):
            raise HpobenchError(f"Name: use letters, digits, '.', '_' and '-' only, not {shown(self.name)}.")
        if len(self.name) > LONGEST_NAME:
            raise HpobenchError(f"Name: at most {LONGEST_NAME} letters, not {len(self.name)}.")
        if not self.problems:
            raise HpobenchError("Problems: tick at least one.")
        if not self.optimizers:
            raise HpobenchError("Optimizers: tick at least one.")
        preset = self.preset
        problems = in_order(self.problems, preset.problems if preset else ())
        optimizers = in_order(self.optimizers, [c.optimizer for c in preset.contenders] if preset else ())
        infos = [plugins.problems()[name] for name in problems]
        contenders = self._contenders(optimizers)
        simulation = preset.simulation if preset else None
        experiment = Experiment(
            name=self.name,
            problems=problems,
            contenders=contenders,
            budgets={name: self._budget(name) for name in problems},
            repetitions=whole("Seeds", self.repetitions, 1, MAX_RUNS),
            seed=whole("Base seed", self.seed, 0, 2**63 - 1),
            device=self.device,
            workers=None if self.workers.strip() in ("", "auto") else whole("Workers", self.workers, 1, 1024),
            limits=preset.limits if preset else Limits(),
            simulation=simulation,
            record=preset.record if preset else None,
            report=preset.report if preset else None,
            skipped=tuple(spec.refused_pairs(infos, contenders, simulation)),
        )
        return spec.check(experiment)

    def _contenders(self, optimizers: Sequence[str]) -> tuple[Contender, ...]:
        own = [c for c in self.preset.contenders if c.optimizer in optimizers] if self.preset else []
        others = [name for name in optimizers if name not in {c.optimizer for c in own}]
        return (*own, *(Contender(name, name, plugins.optimizers()[name].settings({})) for name in others))

    def _budget(self, problem: str) -> Budget:
        own = self.preset.budgets.get(problem) if self.preset else None
        if own is not None and (self.amount.strip(), self.unit) == (amount_text(own), own.unit.value):
            return own  # to the last digit
        if self.amount.strip():
            return budget(self.amount.strip(), self.unit)
        if own is None:
            raise HpobenchError(f"Budget: give an amount, {problem} has none from the preset.")
        return own


def in_order(ticked: Sequence[str], preset: Sequence[str]) -> tuple[str, ...]:
    """What is ticked, in the order of the preset, which tables and colours follow; what it lacks comes last."""
    first = [name for name in dict.fromkeys(preset) if name in ticked]
    return (*first, *(name for name in ticked if name not in first))


def amount_text(amount: Budget) -> str:
    """A budget's amount as its field shows it."""
    return f"{float(amount.amount):.12g}"


def budget(amount: str, unit: str) -> Budget:
    """A budget from its field.

    Raises:
        HpobenchError: no positive amount, or more than a ledger can hold.
    """
    shown = amount if len(amount) <= MOST_DIGITS else f"{amount[:12]}…"
    try:
        about = float(amount)
    except ValueError:
        about = 1.0  # a fraction, or no number, which is said below
    # Before it becomes an exact number of a million digits:
    if about > MOST or len(amount) > MOST_DIGITS:
        raise HpobenchError(f"Budget: {shown} is more than the {MOST:,} that one run may have.")
    if about == 0:
        raise HpobenchError(f"budget: the amount must be positive, not {shown} {unit}.")
    made = Budget.of(amount, unit)
    if made.amount > MOST:
        raise HpobenchError(f"Budget: {shown} is more than the {MOST:,} that one run may have.")
    return made


def whole(field_name: str, text: str, least: int, most: int) -> int:
    """A whole number from a field.

    Raises:
        HpobenchError: it is none, or out of range.
    """
    text = text.strip()
    shown = text if len(text) <= MOST_DIGITS else f"{text[:12]}…"
    try:
        value = int(text)
    except ValueError:
        raise HpobenchError(f"{field_name}: must be a whole number, not {shown!r}.") from None
    if not least <= value <= most:
        raise HpobenchError(f"{field_name}: must be from {least} to {most}, not {shown}.")
    return value


def summary(experiment: Experiment) -> str:
    """One line: how many runs, and about how long they take."""
    cost = estimate(experiment)
    runs = sum(cost.runs.values())
    workers = f"{cost.workers} worker" + ("s" if cost.workers != 1 else "")
    text = f"{runs} run{'s' if runs != 1 else ''}"
    if None not in cost.objective_seconds.values():
        text += f", about {duration(cost.seconds)} with {workers}"
        text += f" and the own time of {', '.join(cost.unknown)} on top" if cost.unknown else ""
    if experiment.simulation:
        simulated = experiment.simulation.workers
        text += f", simulated clock with {simulated} worker{'s' if simulated != 1 else ''} a run"
    return text

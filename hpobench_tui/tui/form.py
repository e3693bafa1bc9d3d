"""What a person filled in on the set-up screen, and the experiment that it describes."""

from collections.abc import Sequence
from dataclasses import dataclass

from hpobench_tui.core.budget import Budget
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment, check_name
from hpobench_tui.core.parameter import Range
from hpobench_tui.core.patterns import Spans
from hpobench_tui.engine.front import spec
from hpobench_tui.engine.front.estimate import estimate
from hpobench_tui.tui.widgets.bar import duration

WITHOUT_FIELD = ("limits", "simulation", "record", "report")
"""What the form has no field for, and takes from the preset."""
MOST_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Form:
    """Texts as they stand in the fields.

    Attributes:
        amount: Empty: the budgets of the preset, problem by problem.
        workers: Empty or ``auto``: one a core.
        preset: What the form was filled from. Its optimizers' settings, its budgets by problem, and what has no field
            hold for what is made of it.
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
        check_name(self.name, "Name")
        if not self.problems:
            raise HpobenchError("Problems: tick at least one.")
        if not self.optimizers:
            raise HpobenchError("Optimizers: tick at least one.")
        preset, ranges = self.preset, Experiment.RANGES
        problems = in_order(self.problems, preset.problems if preset else ())
        return spec.build(
            self.name,
            problems,
            self._contenders(),
            budgets={name: self._budget(name) for name in problems},
            repetitions=whole("Seeds", self.repetitions, ranges["repetitions"]),
            seed=whole("Base seed", self.seed, ranges["seed"]),
            device=self.device,
            workers=None if self.workers.strip() in ("", "auto") else whole("Workers", self.workers, ranges["workers"]),
            **{key: getattr(preset, key) for key in WITHOUT_FIELD if preset},
            only=str(Spans.of(preset.only)) if preset and preset.only is not None else None,
        )

    def _contenders(self) -> list[str | dict[str, Value]]:
        """The preset's own with their labels and settings, in its order; then the others."""
        own = [c for c in self.preset.contenders if c.optimizer in self.optimizers] if self.preset else []
        known = {contender.optimizer for contender in own}
        return [
            *({"name": c.optimizer, "label": c.label, **c.parameters} for c in own),
            *(name for name in self.optimizers if name not in known),
        ]

    def _budget(self, problem: str) -> Budget:
        own = self.preset.budgets.get(problem) if self.preset else None
        if own is not None and (self.amount.strip(), self.unit) == (amount_text(own), own.unit.value):
            return own  # to the last digit
        if amount := self.amount.strip():
            return Budget.of(amount, self.unit)
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


def whole(field_name: str, text: str, valid: Range) -> int:
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
    if value not in valid:
        raise HpobenchError(f"{field_name}: must be from {valid.least} to {valid.most}, not {shown}.")
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

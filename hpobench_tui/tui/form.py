"""What a person filled in on the set-up screen, the experiment that it describes, and the file that says the same."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Contender, Experiment, Limits, check_name
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.own_code import OwnCode
from hpobench_tui.core.parameter import Range
from hpobench_tui.core.patterns import Spans
from hpobench_tui.core.shards import Shard
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.engine.front import files, spec
from hpobench_tui.engine.front.estimate import estimate
from hpobench_tui.tui.widgets.bar import duration, size

MOST_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Form:
    """Texts as they stand in the fields, and values that dialogs have checked.

    Attributes:
        optimizers: Names of optimizers with their default settings, or keys of ``variants``.
        amount: Of the budget of each problem that has none in ``budgets``.
        workers: Empty or ``auto``: one a core.
        variants: Optimizers with settings or labels of their own, by :func:`key_of` them.
        budgets: Of problems that have one of their own.
        exact: The budget that ``amount`` and ``unit`` show, to the last digit.
        only: Repetitions that are run here, as in ``0-4``; empty or ``all``: all of them.
        record: Trials of a run that are kept one by one; empty or ``all``: all of them.
        shard: The part that is run here.
        own: The code of problems and optimizers in a person's own files, by their ids.
    """

    name: str
    problems: tuple[str, ...]
    optimizers: tuple[str, ...]
    amount: str
    unit: str
    repetitions: str
    seed: str
    workers: str = "auto"
    device: str = "auto"
    variants: Mapping[str, Contender] = field(default_factory=dict)
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    exact: Budget | None = field(default=None, compare=False)
    only: str = "all"
    record: str = "all"
    limits: Limits = field(default_factory=Limits)
    simulation: Simulation | None = None
    report: str | None = None
    together: int | None = None
    curves: bool = False
    evaluations: int | None = None
    synchronous: bool = False
    shard: Shard | None = None
    own: Mapping[str, OwnCode] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, experiment: Experiment) -> "Form":
        """The form that describes an experiment: the inverse of :meth:`experiment`."""
        budgets = [experiment.budgets[problem] for problem in experiment.problems]
        common = Counter(budgets).most_common(1)[0][0]
        infos = plugins.optimizers().beside(experiment.code.optimizers)
        keys = {key_of(contender, infos[contender.optimizer]): contender for contender in experiment.contenders}
        own = [*experiment.code.problems, *experiment.code.optimizers]
        return cls(
            experiment.name,
            experiment.problems,
            tuple(keys),
            amount_text(common),
            common.unit.value,
            str(experiment.repetitions),
            str(experiment.seed),
            str(experiment.workers or "auto"),
            experiment.device,
            {key: contender for key, contender in keys.items() if key != contender.optimizer},
            {problem: own for problem, own in zip(experiment.problems, budgets, strict=True) if own != common},
            common,
            "all" if experiment.only is None else str(Spans.of(experiment.only)),
            str(experiment.record or "all"),
            experiment.limits,
            experiment.simulation,
            experiment.report,
            experiment.together,
            experiment.curves,
            experiment.evaluations,
            experiment.synchronous,
            experiment.shard,
            dict.fromkeys(own, experiment.code),
        )

    def code(self) -> OwnCode:
        """Of the person's own files, what is ticked."""
        used = {*self.problems, *(self.contender(key).optimizer for key in self.optimizers)} & self.own.keys()
        parts = [self.own[name] for name in sorted(used)]
        return merged(parts, used) if parts else OwnCode()

    def contender(self, key: str) -> Contender:
        """The optimizer behind a line of the list."""
        return self.variants.get(key) or Contender(key, key)

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
        return spec.build(**self._plain(self._budgets()), code=self.code())

    def data(self) -> dict[str, Any]:
        """What an experiment file of it holds; own problems and optimizers are named by where their files are.

        Raises:
            HpobenchError: as :meth:`experiment`.
        """
        self.experiment()
        code, budgets = self.code(), self._budgets()
        common = self._common()
        sections = {problem: _section(budget) for problem, budget in budgets.items()}
        data = self._plain(sections)
        if any(budgets[problem] == common for problem in self.problems):
            data["budget"] = _section(common)
            data["budgets"] = {problem: _section(budget) for problem, budget in budgets.items() if budget != common}
        data["problems"] = [files.reference_of(problem, code) for problem in self.problems]
        data["budgets"] = {files.reference_of(name, code): budget for name, budget in data["budgets"].items()}
        data["optimizers"] = [
            {**entry, "name": files.reference_of(str(entry["name"]), code)}
            if isinstance(entry, Mapping)
            else files.reference_of(entry, code)
            for entry in data["optimizers"]
        ]
        for key in ("limits", "simulation"):
            if data[key] is not None:
                data[key] = {name: value for name, value in asdict(data[key]).items() if value is not None}
        kept = {key: value for key, value in data.items() if value is not None and value != {}}
        return {"impossible": "skip", **kept}

    def _plain(self, budgets: Mapping[str, Any]) -> dict[str, Any]:
        """By the keys of a file."""
        ranges = Experiment.RANGES
        return {
            "name": self.name,
            "problems": list(self.problems),
            "optimizers": [
                key if key not in self.variants else {"name": c.optimizer, "label": c.label, **c.parameters}
                for key in self.optimizers
                for c in (self.contender(key),)
            ],
            "repetitions": whole("Seeds", self.repetitions, ranges["repetitions"]),
            "seed": whole("Base seed", self.seed, ranges["seed"]),
            "only": None if self.only.strip() in ("", "all") else self.only.strip(),
            "device": self.device,
            "workers": None
            if self.workers.strip() in ("", "auto")
            else whole("Workers", self.workers, ranges["workers"]),
            "record": None if self.record.strip() in ("", "all") else whole("Record", self.record, ranges["record"]),
            "report": self.report,
            "limits": self.limits,
            "simulation": self.simulation,
            "budgets": dict(budgets),
            **({"together": self.together} if self.together else {}),
            **({"curves": True} if self.curves else {}),
            **({"evaluations": self.evaluations} if self.evaluations and not self.simulation else {}),
            **({"synchronous": True} if self.synchronous and not self.simulation else {}),
            **({"shard": str(self.shard)} if self.shard else {}),
        }

    def _common(self) -> Budget:
        own = self.exact
        if own is not None and (self.amount.strip(), self.unit) == (amount_text(own), own.unit.value):
            return own
        return Budget.of(self.amount.strip(), self.unit)

    def _budgets(self) -> dict[str, Budget]:
        """Of each ticked problem."""
        lacking = [problem for problem in self.problems if problem not in self.budgets]
        if lacking and not self.amount.strip():
            raise HpobenchError(f"Budget: give an amount, {lacking[0]} has none of its own.")
        return {problem: self.budget(problem) for problem in self.problems}

    def budget(self, problem: str) -> Budget:
        """What each run on this problem may spend.

        Raises:
            HpobenchError: the common budget is needed, and is none.
        """
        return self.budgets.get(problem) or self._common()


def key_of(contender: Contender, info: OptimizerInfo) -> str:
    """What a contender is called in the list of optimizers: with default settings and label, the optimizer's name.

    >>> info = OptimizerInfo("random", "Draws", "random:Random")
    >>> key_of(Contender("random", "random"), info), key_of(Contender("random", "mine"), info)
    ('random', 'random: mine')
    """
    if contender.label == contender.optimizer and dict(contender.parameters) in ({}, info.settings({})):
        return contender.optimizer
    return f"{contender.optimizer}: {contender.label}"


def merged(parts: Iterable[OwnCode], used: Iterable[str]) -> OwnCode:
    """The code of all parts, with the descriptions of what is used alone.

    Raises:
        HpobenchError: files of one name differ.
    """
    sources: dict[str, str] = {}
    origins: dict[str, str] = {}
    problems, optimizers, names = {}, {}, set(used)
    for part in parts:
        if unlike := [name for name, text in part.sources.items() if sources.get(name, text) != text]:
            raise HpobenchError(f"{unlike[0]} differs from the file of that name that was added before; rename one.")
        sources.update(part.sources)
        origins.update(part.origins)
        problems.update({name: info for name, info in part.problems.items() if name in names})
        optimizers.update({name: info for name, info in part.optimizers.items() if name in names})
    return OwnCode(sources, problems, optimizers, origins)


def _section(budget: Budget) -> dict[str, object]:
    return {"amount": _number(budget.amount), "unit": budget.unit.value}


def _number(amount: Fraction) -> int | float:
    return amount.numerator if amount.denominator == 1 else float(amount)


def in_order(ticked: Sequence[str], first: Sequence[str]) -> tuple[str, ...]:
    """What is ticked, in the order of a file, which tables and colours follow; what it lacks comes last."""
    known = [name for name in dict.fromkeys(first) if name in ticked]
    return (*known, *(name for name in ticked if name not in known))


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
    """One line: how many runs, about how long they take, and what they leave on the disk."""
    cost = estimate(experiment)
    runs = sum(cost.runs.values())
    workers = f"{cost.workers} worker" + ("s" if cost.workers != 1 else "")
    workers += f" of {experiment.evaluations} evaluation processes" if experiment.evaluations else ""
    text = f"{runs} run{'s' if runs != 1 else ''}"
    text += f" of shard {experiment.shard}" if experiment.shard else ""
    if None not in cost.objective_seconds.values():
        text += f", about {duration(cost.seconds)} with {workers}"
        objectives = sum(filter(None, cost.objective_seconds.values()))
        parts = {
            "objectives": objectives,
            "optimizers": cost.optimizer_seconds,
            "starts and recording": cost.overhead_seconds,
        }
        told = ", ".join(f"{what} {duration(seconds)}" for what, seconds in parts.items() if seconds >= 1)
        text += f" ({told} of one core)" if told else ""
        text += f" and the own time of {', '.join(cost.unknown)} on top" if cost.unknown else ""
    if experiment.simulation:
        simulated = experiment.simulation.workers
        text += f", simulated clock with {simulated} worker{'s' if simulated != 1 else ''} a run"
    return f"{text}; about {size(cost.disk_bytes)} on disk" if cost.disk_bytes is not None else text

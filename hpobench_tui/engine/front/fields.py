"""What an experiment file holds, and what is said of one that does not: in our words, whatever pydantic found."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.errors import unknown
from hpobench_tui.core.experiment import Limits
from hpobench_tui.core.nearest import hint, listed, nearest, shown
from hpobench_tui.core.parameter import written

LONGEST_NAME = 100
"""Characters of an experiment's name or a label: folders' names end at 255 bytes, tables much earlier."""
MAX_RUNS = 100_000
DEFAULT_LIMITS = Limits()
UNKNOWN = "extra_forbidden"
"""What pydantic calls a key that there is not."""


class Section(BaseModel):
    """A part of an experiment file. Each field's description completes "must be …", whatever is wrong with it."""

    model_config = ConfigDict(extra="forbid", strict=True)


class BudgetSpec(Section):
    """``amount`` and ``unit`` of a budget."""

    amount: int | float = Field(description="a number")
    unit: str = Field(description=f"one of {', '.join(Unit)}, in quotes")

    def budget(self) -> Budget:
        return Budget.of(self.amount, self.unit)


class LimitsSpec(Section):
    """See ``core.experiment.Limits``."""

    ask_seconds: float = Field(DEFAULT_LIMITS.ask_seconds, gt=0, description="a number of seconds above 0")
    trial_seconds: float = Field(DEFAULT_LIMITS.trial_seconds, gt=0, description="a number of seconds above 0")
    memory_mb: int | None = Field(None, gt=0, lt=2**63, description="a whole number of megabytes above 0")


class SimulationSpec(Section):
    """See ``core.simulation.Simulation``."""

    workers: int = Field(1, description="a whole number")
    synchronous: bool = Field(False, description="true or false")
    charge_optimizer: bool = Field(False, description="true or false")
    start_seconds: float = Field(0.0, description="a number of seconds")
    stop_seconds: float = Field(0.0, description="a number of seconds")
    straggler_rate: float = Field(0.0, description="a number from 0 to 1")
    straggler_factor: float = Field(1.0, description="a number from 1")
    failure_rate: float = Field(0.0, description="a number from 0 to 1")


class ProblemSpec(Section):
    """A problem with settings: any further key is one of its parameters."""

    model_config = ConfigDict(extra="allow", strict=True)
    name: str = Field(description="a problem's name in quotes")


class OptimizerSpec(Section):
    """An optimizer with settings: any further key is one of its parameters."""

    model_config = ConfigDict(extra="allow", strict=True)
    name: str = Field(description="an optimizer's name in quotes")
    label: str | None = Field(None, description="text in quotes")


class Spec(Section):
    """An experiment file."""

    name: str = Field(description="text in quotes")
    problems: list[str | ProblemSpec] = Field(
        min_length=1, description='a list of at least one problem or suite, as in ["bandits", "synthetic/ackley[d=10]"]'
    )
    optimizers: list[str | OptimizerSpec] = Field(
        min_length=1, description='a list of at least one optimizer, as in ["random", { name = "grid", label = "g" }]'
    )
    budget: BudgetSpec | None = Field(None, description="a section: [budget], and below it amount and unit")
    budgets: dict[str, BudgetSpec] = Field(
        default_factory=dict, description='sections like [budgets."suite/problem"], with amount and unit below'
    )
    repetitions: int = Field(5, ge=1, le=MAX_RUNS, description=f"a whole number from 1 to {MAX_RUNS}")
    seed: int = Field(0, ge=0, lt=2**63, description="a whole number from 0 to 2^63 - 1")
    impossible: Literal["error", "skip"] = Field("error", description='"error" or "skip"')
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description='"auto", "cpu" or "cuda" (a GPU)')
    workers: int | None = Field(None, ge=1, le=1024, description="a whole number from 1 to 1024")
    record: int | None = Field(None, ge=1, lt=2**63, description="a whole number from 1")
    report: str | None = Field(None, description="a command's name in quotes")
    simulation: SimulationSpec | None = Field(None, description="a section: [simulation]")
    limits: LimitsSpec = Field(default_factory=LimitsSpec, description="a section: [limits]")


SECTIONS: Mapping[str, type[Section]] = {"budget": BudgetSpec, "limits": LimitsSpec, "simulation": SimulationSpec}
ENTRIES: Mapping[str, type[Section]] = {"budgets": BudgetSpec, "problems": ProblemSpec, "optimizers": OptimizerSpec}
"""The sections, and what stands in those fields that hold several."""


def complaints(error: ValidationError) -> list[str]:
    """What is wrong, a line each: where, what must be there, and what is."""
    entries = sorted(error.errors(), key=lambda entry: entry["type"] != UNKNOWN)  # often why another is missing
    lines = [_complaint(entry["loc"], entry["type"], entry["input"]) for entry in entries]
    return list(dict.fromkeys(line for line in lines if line))


def _complaint(place: tuple[str | int, ...], kind: str, given: object) -> str | None:
    """One line; None for what another one says better."""
    top, *inner = map(str, place)
    if not inner or top not in {**SECTIONS, **ENTRIES}:
        return _field_complaint(Spec, "", top, kind, given)
    if top in SECTIONS:
        return _field_complaint(SECTIONS[top], top, inner[0], kind, given)
    entry, *inner = inner
    if top == "budgets":
        if inner:
            return _field_complaint(BudgetSpec, f'budgets."{entry}"', inner[0], kind, given)
        if entry in BudgetSpec.model_fields:
            return '[budgets]: there is one a problem, [budgets."suite/problem"]. Did you mean [budget], for all?'
        return f'budgets."{entry}": must be a section with amount and unit, not {written(given)}.'
    where = f"{top}, entry {int(entry) + 1}"
    tried, *inner = inner  # which of the types that an entry may have
    if inner:
        return _field_complaint(ENTRIES[top], where, inner[0], kind, given)
    if tried == "str" and isinstance(given, Mapping):
        return None
    return f'{where}: must be a name in quotes, or a table like {{ name = "…" }}, not {written(given)}.'


def _field_complaint(section: type[Section], where: str, key: str, kind: str, given: Any) -> str:
    if kind == UNKNOWN:
        return _unknown_key(section, where, key, given)
    field = section.model_fields[key]
    place = f"{where}{': ' if ', ' in where else '.'}{key}" if where else key
    if kind == "missing":
        close = [name for name in nearest(key, given) if name not in section.model_fields]
        meant = f" Is it {close[0]!r}?" if close else ""
        return f"{place} is missing; it must be {field.description}.{meant}"
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    close_choice = hint(given, choices) if isinstance(given, str) else ""
    return f"{place}: must be {field.description}, not {written(given)}.{close_choice}"


def _unknown_key(section: type[Section], where: str, key: str, given: object) -> str:
    """With the key that was meant, or the section that it belongs to."""
    title = f"[{where}]: " if where else ""
    if section is BudgetSpec and isinstance(given, Mapping):
        return f'{title}a budget of one problem stands in [budgets."{key}"].'
    fields = list(section.model_fields)
    sections: list[type[Section]] = [Spec, *SECTIONS.values()]
    elsewhere = any(key in of.model_fields for of in sections)
    if (elsewhere or not nearest(key, fields)) and (place := _elsewhere(key, section)):
        return f"{title}unknown key {shown(key)}. {place} {listed(fields)}"
    return f"{title}{unknown('key', key, fields)}"


def _elsewhere(key: str, section: type[Section]) -> str:
    """Where else in the file there is such a key, or one like it."""
    places: list[tuple[str, type[Section]]] = [
        ("at the top, above the first [section]", Spec),
        *((f"in [{name}]", of) for name, of in SECTIONS.items()),
    ]
    found = [(close[0], at) for at, of in places if of is not section and (close := nearest(key, of.model_fields))]
    meant = nearest(key, [name for name, _ in found])[:1]
    where = " or ".join(at for name, at in found if name in meant)
    return f"{meant[0]!r} belongs {where}." if meant else ""

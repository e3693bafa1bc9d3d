"""What an experiment file holds, and what is said of one that does not: in our words, whatever pydantic found."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError, create_model, model_validator
from pydantic.types import GetPydanticSchema

from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.errors import unknown
from hpobench_tui.core.experiment import Experiment, Limits
from hpobench_tui.core.nearest import MANY, hint, listed, nearest, shown
from hpobench_tui.core.parameter import WORDS, written
from hpobench_tui.core.patterns import HOW_REPETITIONS
from hpobench_tui.core.shards import HOW_SHARDS
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.core.text import in_line

UNKNOWN = "extra_forbidden"
"""What pydantic calls a key that there is not."""


class Section(BaseModel):
    """A part of an experiment file: its keys, and their types, without coercion; ranges are checked in ``core``.

    Each field's description completes "must be …", whatever is wrong with it.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _of_python(cls, given: object) -> object:
        """A value of ``core``, as ``Budget``, is as good as the table that a file has for it."""
        if not is_dataclass(given) or isinstance(given, type):
            return given
        return {field.name: getattr(given, field.name) for field in fields(given)}


class BudgetSpec(Section):
    """``amount`` and ``unit`` of a budget."""

    amount: int | float | InstanceOf[Fraction] = Field(description="a number")
    unit: str = Field(description=f"one of {', '.join(Unit)}, in quotes")

    def budget(self) -> Budget:
        return Budget.of(self.amount, self.unit)


def _section(of: type[Limits] | type[Simulation]) -> type[Section]:
    """The section that holds what a dataclass of ``core`` does."""
    hints = get_type_hints(of)
    made: dict[str, Any] = {
        field.name: (hints[field.name], Field(field.default, description=str(of.RANGES.get(field.name, WORDS[bool]))))
        for field in fields(of)
    }
    return create_model(of.__name__, __base__=Section, __doc__=f"See ``core``'s ``{of.__name__}``.", **made)


class ProblemSpec(Section):
    """A problem with settings: any further key is one of its parameters."""

    model_config = ConfigDict(extra="allow", strict=True)
    name: str = Field(description="a problem's name in quotes")


class OptimizerSpec(Section):
    """An optimizer with settings: any further key is one of its parameters."""

    model_config = ConfigDict(extra="allow", strict=True)
    name: str = Field(description="an optimizer's name in quotes")
    label: str | None = Field(None, description="text in quotes")


def _read_as(section: type[Section]) -> GetPydanticSchema:
    return GetPydanticSchema(lambda _, handler: handler(section))


LIMITS, SIMULATION = _section(Limits), _section(Simulation)


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
    repetitions: int = Field(5, description=str(Experiment.RANGES["repetitions"]))
    seed: int = Field(0, description=str(Experiment.RANGES["seed"]))
    only: str | None = Field(None, description=f"repetitions in quotes: {HOW_REPETITIONS}")
    shard: str | None = Field(None, description=f"text in quotes, {HOW_SHARDS}")
    impossible: Literal["error", "skip"] = Field("error", description='"error" or "skip"')
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description='"auto", "cpu" or "cuda" (a GPU)')
    workers: int | None = Field(None, description=str(Experiment.RANGES["workers"]))
    record: int | None = Field(None, description=str(Experiment.RANGES["record"]))
    together: int | Literal["auto"] = Field("auto", description=f'"auto", or {Experiment.RANGES["together"]}')
    evaluations: int | None = Field(None, description=str(Experiment.RANGES["evaluations"]))
    synchronous: bool = Field(False, description="true or false")
    curves: bool = Field(False, description="true or false")
    report: str | None = Field(None, description="a command's name in quotes")
    simulation: Annotated[Section, _read_as(SIMULATION)] | None = Field(None, description="a section: [simulation]")
    limits: Annotated[Section, _read_as(LIMITS)] = Field(default_factory=LIMITS, description="a section: [limits]")


SECTIONS: Mapping[str, type[Section]] = {"budget": BudgetSpec, "limits": LIMITS, "simulation": SIMULATION}
ENTRIES: Mapping[str, type[Section]] = {"budgets": BudgetSpec, "problems": ProblemSpec, "optimizers": OptimizerSpec}
"""The sections, and what stands in those fields that hold several."""


def complaints(error: ValidationError) -> list[str]:
    """What is wrong, a line each: where, what must be there, and what is; of very many the first."""
    entries = sorted(error.errors(), key=lambda entry: entry["type"] != UNKNOWN)  # often why another is missing
    lines = [_complaint(entry["loc"], entry["type"], entry["input"]) for entry in entries[:MANY]]
    more = [f"… and {len(entries) - MANY} more complaints."] if len(entries) > MANY else []
    return [*dict.fromkeys(line for line in lines if line), *more]


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
            return _field_complaint(BudgetSpec, f'budgets."{in_line(entry)}"', inner[0], kind, given)
        if entry in BudgetSpec.model_fields:
            return '[budgets]: there is one a problem, [budgets."suite/problem"]. Did you mean [budget], for all?'
        return f'budgets."{in_line(entry)}": must be a section with amount and unit, not {written(given)}.'
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
        return f'{title}a budget of one problem stands in [budgets."{in_line(key)}"].'
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

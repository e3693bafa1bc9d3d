"""Problems: what is tuned. A cheap frozen description, and the code behind it that only workers load."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.errors import HpobenchError

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How far a training is taken: whole units from ``minimum`` to ``maximum``.

    Attributes:
        name: What a unit is, in the plural ("epochs", "samples").
        resumable: A training that was taken to r can be advanced to more; costs only the difference.
        step: The engine asks for a report every ``step`` units where someone wants learning curves
            (pruners, budgets in seconds); None where only the end is worth a report.
    """

    name: str
    minimum: int
    maximum: int
    resumable: bool = True
    step: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.maximum:
            raise HpobenchError(
                f"fidelity {self.name!r}: need 1 <= minimum <= maximum, not {self.minimum}, {self.maximum}."
            )


@dataclass(frozen=True, slots=True)
class Reference:
    """The loss that simple regret is measured against, pinned with its source; never taken from the compared runs.

    ``exact`` says that no configuration can be better; else it is the best value known or a bound.
    """

    loss: float
    source: str
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Dimensions:
    """How many hyperparameters of each kind a space has; plain numbers, so that listing needs no ConfigSpace."""

    floats: int = 0
    integers: int = 0
    categoricals: int = 0
    ordinals: int = 0
    conditions: int = 0
    forbiddens: int = 0

    @property
    def total(self) -> int:
        return self.floats + self.integers + self.categoricals + self.ordinals

    def __str__(self) -> str:
        parts = ((self.floats, "float"), (self.integers, "int"), (self.categoricals, "cat"), (self.ordinals, "ord"))
        kinds = " + ".join(f"{n} {kind}" for n, kind in parts if n)
        return kinds + (f", {self.conditions} conditional" if self.conditions else "")


@dataclass(frozen=True, slots=True)
class ProblemInfo:
    """A problem's plain-data description. Cheap to list: the module that holds it imports nothing heavy.

    Attributes:
        id: ``suite/name``.
        summary: One line for a person.
        load: ``"package.module:attribute"`` of a callable that returns the :class:`Problem`.
        dimensions: The kinds of hyperparameters.
        reference: The pinned optimum or reference loss.
        fidelity: The fidelity, or None for a problem that is evaluated once.
        reward: How a natural reward is turned into the loss, e.g. ``"loss = 1 - reward"``.
        noisy: Evaluating one configuration twice gives two losses.
        seconds: What a full-fidelity evaluation costs on one CPU core, for the estimates that people see.
        devices: Where it can run, the preferred first.
        requires: Modules that must be importable, and the extra that brings them: ``{"torch": "mnist"}``.
        tags: Words to filter by.
    """

    id: str
    summary: str
    load: str
    dimensions: Dimensions
    reference: Reference
    fidelity: Fidelity | None = None
    reward: str | None = None
    noisy: bool = False
    seconds: float = 1e-6
    devices: tuple[str, ...] = ("cpu",)
    requires: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        suite, slash, name = self.id.partition("/")
        if not (suite and slash and name):
            raise HpobenchError(f"problem id {self.id!r}: must read 'suite/name'.")

    @property
    def suite(self) -> str:
        return self.id.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Report:
    """What a training says after it was advanced.

    Attributes:
        loss: To be minimised. NaN or an infinity is a failure, recorded as such.
        metrics: Anything else worth keeping, by name.
        truth: The noise-free loss at full fidelity, where the problem knows it. Regret is computed from it;
            optimizers never see it.
        cost: Seconds of this advance by the problem's own cost model, for simulated clocks; the real clock measures.
    """

    loss: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    truth: float | None = None
    cost: float | None = None


class Training(Protocol):
    """One configuration being evaluated.

    Pausing is keeping the object, promotion is advancing it further, pruning is dropping it.
    """

    def advance(self, to_fidelity: int) -> Report:
        """Take the training to ``to_fidelity`` (greater than before; 1 for a problem without fidelity) and report.

        Advancing in two steps must give what one step gives.
        """
        ...


class Problem(Protocol):
    """The code behind a :class:`ProblemInfo`; loaded in workers only."""

    def space(self) -> "ConfigurationSpace":
        """The configuration space, built anew; its own seed is not used."""
        ...

    def start(self, configuration: Configuration, seed: int, device: str) -> Training:
        """A fresh training. The same arguments give the same reports."""
        ...

"""Problems: what is tuned. A cheap frozen description, and the code behind it that only workers load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from hpobench_tui.core.configuration import Configuration, Value
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.parameter import Parameter

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


LARGEST_FIDELITY = 2**53
"""Budgets are sums of fidelities, in 64 bits; reports take them as floats."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How far a training is taken: whole units from ``minimum`` to ``maximum``.

    Attributes:
        name: What a unit is, in the plural ("epochs", "samples").
        resumable: A training that was taken to r can be advanced to more; costs only the difference.
        step: The engine asks for a report every ``step`` units where someone wants learning curves
            (pruners, budgets in seconds); None where only the end is worth a report.

    >>> Fidelity("epochs", 1, 27, step=1).maximum
    27
    >>> Fidelity("epochs", 0, 27)
    Traceback (most recent call last):
        ...
    hpobench_tui.core.errors.HpobenchError: fidelity 'epochs': need 1 <= minimum <= maximum <= 2^53, not 0, 27.
    """

    name: str
    minimum: int
    maximum: int
    resumable: bool = True
    step: int | None = None

    def __post_init__(self) -> None:
        for field_name in ("minimum", "maximum", "step"):
            value = getattr(self, field_name)
            if type(value) is not int and not (value is None and field_name == "step"):
                raise HpobenchError(
                    f"fidelity {self.name!r}: {field_name} must be an int, not {value!r} ({type(value).__name__})."
                )
        if not 1 <= self.minimum <= self.maximum <= LARGEST_FIDELITY:
            raise HpobenchError(
                f"fidelity {self.name!r}: need 1 <= minimum <= maximum <= 2^53, not {self.minimum}, {self.maximum}."
            )
        if self.step is not None and self.step < 1:
            raise HpobenchError(f"fidelity {self.name!r}: step must be at least 1, or None, not {self.step}.")


@dataclass(frozen=True, slots=True)
class Reference:
    """The loss that simple regret is measured against, pinned with its source; never taken from the compared runs.

    ``exact`` says that no configuration can be better; else it is the best value known or a bound.

    >>> Reference(0.397887, "Dixon & Szegö 1978").exact
    True
    """

    loss: float
    source: str
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Landmark:
    """A loss to orient by, such as a classical algorithm's: a line in plots, a row in tables, never an optimum.

    >>> Landmark("LeNet-5", 0.0095, "LeCun et al. 1998").loss
    0.0095
    """

    name: str
    loss: float
    source: str


@dataclass(frozen=True, slots=True)
class Dimensions:
    """How many hyperparameters of each kind a space has; plain numbers, so that listing needs no ConfigSpace.

    >>> dimensions = Dimensions(floats=2, categoricals=1, conditions=1)
    >>> dimensions.total, str(dimensions)
    (3, '2 float + 1 cat, 1 conditional')
    """

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
        load: ``"package.module:attribute"`` of a callable that returns the :class:`Problem`, given ``arguments``.
        dimensions: The kinds of hyperparameters.
        reference: The pinned optimum or reference loss.
        fidelity: The fidelity, or None for a problem that is evaluated once.
        reward: How a natural reward is turned into the loss, e.g. ``"loss = 1 - reward"``.
        noisy: Evaluating one configuration twice gives two losses.
        seconds: What a full-fidelity evaluation costs on one CPU core, for the estimates that people see.
        devices: Where it can run, the preferred first.
        requires: Modules that must be importable, and the extra that brings them: ``{"torch": "mnist"}``.
        tags: Words to filter by.
        loss_range: Bounds that no loss leaves, where there are any; bandit policies scale by them.
        costs: Its reports state their cost in seconds (``Report.cost``): it can run on a simulated clock.
        parameters: What a user may set, as in ``suite/name[d=10]``; this description is that of the defaults.
        vary: ``"package.module:attribute"`` of a callable that takes the parameters by name and returns the description
            of that variant (whose id is overwritten). It must import nothing heavy either.
        arguments: What ``load``'s callable is called with.
        landmarks: Losses to orient by.
        measure: What tables and charts of it show unless told otherwise: what the problem is for.
        tolerance: Losses (noise-free ones at full fidelity) that differ by no more count as equal, for ranks, stars and
            P(best), and above and below the reference; None: no more than round-off (``core.equality``).
        same_as: The id of the problem that this is another name of: where this one is named, that one is meant.
        targets: Regrets, from high to low, that anytime performance is measured by: when a run first comes within each
            (``core.targets``). The first is about what a configuration drawn at random has, the last what is as good as
            the reference. Empty: COCO's 51, from 100 to 1e-8.
        origin: Whose data or function it is, as a paper would cite it; empty: ours.
        licence: Of data that ship with it, as an SPDX expression; empty: none ship.

    >>> info = ProblemInfo("toy/square", "x squared", "toys:Square", Dimensions(floats=1), Reference(0.0, "analytic"))
    >>> info.suite, info.fidelity, str(info.measure)
    ('toy', None, 'simple regret')
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
    loss_range: tuple[float, float] | None = None
    costs: bool = False
    parameters: tuple[Parameter, ...] = ()
    vary: str | None = None
    arguments: Mapping[str, Value] = field(default_factory=dict)
    landmarks: tuple[Landmark, ...] = ()
    measure: Measure = Measure.SIMPLE
    tolerance: float | None = None
    same_as: str | None = None
    targets: tuple[float, ...] = ()
    origin: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        if len({landmark.name for landmark in self.landmarks}) < len(self.landmarks):
            raise HpobenchError(f"problem {self.id!r}: two landmarks have the same name.")
        if self.tolerance is not None and not 0 <= self.tolerance < inf:
            raise HpobenchError(
                f"problem {self.id!r}: the tolerance must be a difference of losses, 0 or more, not {self.tolerance!r}."
            )
        suite, slash, name = self.id.partition("/")
        if not (suite and slash and name):
            raise HpobenchError(f"problem id {self.id!r}: must read 'suite/name'.")

    @property
    def suite(self) -> str:
        return self.id.partition("/")[0]


def is_measured(metric: str) -> bool:
    """Whether a metric is a time, which nothing repeats.

    >>> is_measured("train_seconds"), is_measured("images_per_second"), is_measured("accuracy")
    (True, True, False)
    """
    return metric.endswith(("seconds", "per_second"))


NO_METRICS: Mapping[str, float] = MappingProxyType({})


class Report(NamedTuple):
    """What a training says after it was advanced.

    Attributes:
        loss: To be minimised. NaN or an infinity is a failure, recorded as such.
        metrics: Anything else worth keeping, by name. One whose name ends in ``seconds`` or ``per_second`` is measured:
            it may differ between trainings that are the same (``is_measured``).
        truth: The noise-free loss at full fidelity, where the problem knows it. Regret is computed from it;
            optimizers never see it.
        cost: Seconds of this advance by the problem's own cost model, for simulated clocks; the real clock measures.
        reference: What the comparator of the cumulative regret loses in this very round, where that changes from round
            to round (non-stationary and adversarial bandits); else it is ``ProblemInfo.reference``.

    >>> report = Report(0.25, {"accuracy": 0.75})
    >>> report.loss, report.metrics["accuracy"], report.truth
    (0.25, 0.75, None)
    """

    loss: float
    metrics: Mapping[str, float] = NO_METRICS
    truth: float | None = None
    cost: float | None = None
    reference: float | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return Report, (self.loss, dict(self.metrics), self.truth, self.cost, self.reference)


class Training(Protocol):
    """One configuration being evaluated.

    Pausing is keeping the object, promotion is advancing it further, pruning is dropping it.

    >>> class Decay:
    ...     def __init__(self, rate):
    ...         self.rate = rate
    ...
    ...     def advance(self, to_fidelity):
    ...         return Report(self.rate**to_fidelity)
    >>> training = Decay(0.5)
    >>> training.advance(1).loss, training.advance(3).loss
    (0.5, 0.125)
    """

    def advance(self, to_fidelity: int) -> Report:
        """Take the training to ``to_fidelity`` (greater than before; 1 for a problem without fidelity) and report.

        Advancing in two steps must give what one step gives.
        """
        ...


class Problem(Protocol):
    """The code behind a :class:`ProblemInfo`; loaded in workers only.

    >>> from ConfigSpace import ConfigurationSpace
    >>> class Evaluation:
    ...     def __init__(self, loss):
    ...         self.loss = loss
    ...
    ...     def advance(self, to_fidelity):
    ...         return Report(self.loss)
    >>> class Square:
    ...     def space(self):
    ...         return ConfigurationSpace({"x": (-1.0, 1.0)})
    ...
    ...     def start(self, configuration, seed, device):
    ...         return Evaluation(configuration["x"] ** 2)
    >>> Square().start({"x": 0.5}, seed=0, device="cpu").advance(1).loss
    0.25
    """

    def space(self) -> "ConfigurationSpace":
        """The configuration space, built anew; its own seed is not used."""
        ...

    def start(self, configuration: Configuration, seed: int, device: str) -> Training:
        """A fresh training. The same arguments give the same reports."""
        ...


class Trainings(Protocol):
    """Several trainings that are taken further together, as a GPU does it faster than one after the other.

    Each member is a training of its own as well: it can be advanced alone, paused, dropped, or joined with others
    later. What becomes of a member depends on itself alone, never on its mates: a mate that diverges changes nothing.

    >>> class Side:
    ...     def __init__(self, members):
    ...         self.members = members
    ...
    ...     def advance(self, to_fidelity):
    ...         return [member.advance(to) for member, to in zip(self.members, to_fidelity, strict=True)]
    >>> class Decay:
    ...     def advance(self, to_fidelity):
    ...         return Report(0.5**to_fidelity)
    >>> [report.loss for report in Side([Decay(), Decay()]).advance([1, 2])]
    [0.5, 0.25]

    Where they have an attribute ``notes``, a list of texts, it is emptied after each advance into the log: what a
    person should know of how it went, such as that memory did not do for all of them at a time.

    Attributes:
        members: In the order in which they were given.
    """

    @property
    def members(self) -> Sequence[Training]: ...

    def advance(self, to_fidelity: Sequence[int]) -> Sequence[Report | Exception]:
        """Take each member to its fidelity (greater than before); its report, or what it would have raised alone."""
        ...


@runtime_checkable
class ManyProblem(Protocol):
    """A problem that can take several trainings further together; optional.

    Each result equals that of the training alone, up to the round-off that the problem states.

    >>> class Many:
    ...     def widest(self, device):
    ...         return 1 if device == "cpu" else 16
    ...
    ...     def start_many(self, configurations, seeds, device):
    ...         return self.join([Decay() for _ in configurations])
    ...
    ...     def join(self, trainings):
    ...         return Side(trainings)
    >>> isinstance(Many(), ManyProblem)
    True
    """

    def widest(self, device: str) -> int:
        """How many trainings together are worth it on a device; 1: one after the other is as quick."""
        ...

    def start_many(self, configurations: Sequence[Configuration], seeds: Sequence[int], device: str) -> Trainings:
        """As many fresh trainings, each as ``start`` gives it. Raises what ``start`` raises of any of them."""
        ...

    def join(self, trainings: Sequence[Training]) -> Trainings:
        """Trainings of this problem, begun or not, at any fidelities, to be taken further together."""
        ...


@runtime_checkable
class RoundProblem(Protocol):
    """A problem whose losses depend on when they are asked for; the engine then calls this instead of ``start``.

    >>> class Drift:
    ...     def start_round(self, configuration, seed, device, round):
    ...         return Evaluation(configuration["x"] * round)  # a training
    >>> isinstance(Drift(), RoundProblem)
    True
    """

    def start_round(self, configuration: Configuration, seed: int, device: str, round: int) -> Training:
        """A fresh training in round ``round``, from 0: the number of trials of this run that started before.

        ``seed`` is that of the repetition, the same in every round and for every optimizer.
        """
        ...


@runtime_checkable
class MinimisedProblem(Protocol):
    """A problem that knows where its reference loss is reached; ``hpobench selfcheck`` evaluates it there.

    >>> class Square:
    ...     def minimisers(self):
    ...         return [{"x": 0.0}]
    >>> isinstance(Square(), MinimisedProblem)
    True
    """

    def minimisers(self) -> Sequence[Configuration]:
        """Configurations whose noise-free loss at full fidelity is ``ProblemInfo.reference.loss``."""
        ...


class Arm(NamedTuple):
    """An arm of a stochastic bandit.

    Attributes:
        configuration: Which pulls it.
        loss: What a pull loses on average.
        divergence: The least Kullback-Leibler divergence (in nats) from its distribution to one of the problem's family
            whose mean is the best arm's; 0 of the best arms.

    >>> Arm({"arm": "0"}, loss=0.5, divergence=0.02).loss
    0.5
    """

    configuration: Configuration
    loss: float
    divergence: float


@runtime_checkable
class ArmedProblem(Protocol):
    """A stochastic bandit that knows its arms, so that regret can be held against the Lai-Robbins bound.

    >>> class Coins:
    ...     def arms(self):
    ...         return [Arm({"arm": "0"}, 0.5, 0.0)]
    >>> isinstance(Coins(), ArmedProblem)
    True
    """

    def arms(self) -> Sequence[Arm]:
        """All arms; each pull of one is drawn from one distribution, independently of all else."""
        ...


def lai_robbins(arms: Sequence[Arm]) -> float:
    """The slope of the Lai-Robbins lower bound, the sum of gap / divergence over the arms that are not best.

    The expected pseudo-regret of any policy that is good on all instances is at least that times ln t, as t grows
    (Lai and Robbins, Advances in Applied Mathematics 6, 1985; Burnetas and Katehakis, 1996, for any family).

    >>> round(lai_robbins([Arm({"arm": "a"}, 0.1, 0.0), Arm({"arm": "b"}, 0.6, 0.25)]), 3)
    2.0
    """
    best = min(arm.loss for arm in arms)
    return sum((arm.loss - best) / arm.divergence for arm in arms if arm.divergence > 0.0)

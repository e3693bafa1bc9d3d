"""Optimizers: who tunes. A cheap frozen description, and an ask/tell object that only workers build."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from hpobench_tui.core.brackets import Bracket
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.configuration import Configuration, Value
from hpobench_tui.core.cost import Costs
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.parameter import Parameter, settings
from hpobench_tui.core.problem import Fidelity, Report
from hpobench_tui.core.trial import Trial

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


class NotReady(Exception):  # noqa: N818 - a state, not an error
    """Raised by ``ask`` while the optimizer waits for pending trials to be told.

    >>> def ask(pending):
    ...     if pending:
    ...         raise NotReady
    ...     return Ask({"x": 0.5})
    >>> ask(pending=0).configuration
    {'x': 0.5}
    """


class Complete(Exception):  # noqa: N818 - a state, not an error
    """Raised by ``ask`` when the optimizer has nothing left to try, whatever the budget says.

    >>> def ask(left):
    ...     if not left:
    ...         raise Complete
    ...     return Ask(left.pop())
    >>> ask([{"x": 0.5}]).configuration
    {'x': 0.5}
    """


class Ask(NamedTuple):
    """One question.

    Attributes:
        configuration: Plain values by name, inactive hyperparameters absent.
        fidelity: How far to train; None means fully.
        bracket: Running number of the bracket it belongs to, from 0.
        rung: Position in that bracket, from 0.
        continues: The number of the trial of this run whose training it takes further.

    >>> promoted = Ask({"x": 0.5}, fidelity=9, bracket=0, rung=2, continues=4)
    >>> promoted.fidelity, Ask({"x": 0.5}).fidelity
    (9, None)
    """

    configuration: Configuration
    fidelity: int | None = None
    bracket: int | None = None
    rung: int | None = None
    continues: int | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an optimizer can take; an impossible pair is refused before anything runs.

    Attributes:
        categoricals, conditions, forbiddens: Kinds of spaces it can express.
        multi_fidelity: It chooses the fidelity itself.
        needs_fidelity: It makes no sense on a problem without one.
        needs_reports: It stops trainings early, so they must report on their way.
        needs_resumable: It takes trainings further, so they must be resumable.
        pending: It can be asked again before the last trial was told.
        noise: It models or averages noisy losses.
        ahead: Until it raises ``NotReady``, what it asks does not depend on trials that are pending: its questions are
            the same whether they were told in between or not. Such trials can be trained together.

    >>> hyperband = Capabilities(multi_fidelity=True, needs_fidelity=True)
    >>> hyperband.conditions, hyperband.noise
    (True, False)
    """

    categoricals: bool = True
    conditions: bool = True
    forbiddens: bool = True
    multi_fidelity: bool = False
    needs_fidelity: bool = False
    needs_reports: bool = False
    needs_resumable: bool = False
    pending: bool = True
    noise: bool = False
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class OptimizerInfo:
    """An optimizer's plain-data description. Cheap to list: the module that holds it imports nothing heavy.

    Attributes:
        name: As experiments name it.
        summary: One line for a person.
        load: ``"package.module:attribute"`` of a callable that takes a :class:`Task` and returns the optimizer.
        capabilities: What it can take.
        parameters: Its settings.
        requires: Modules that must be importable, and the extra that brings them: ``{"optuna": "optuna"}``.
        source: The paper or library it follows.
        cost: Measured seconds of its ask and tell (:mod:`core.cost`), for estimates; empty: nobody knows.
        horizon: The parameter that says for how many trials it plans, where 0 stands for what the budget pays for; such
            a run cannot be continued under a larger budget. Empty: it asks the same whatever the budget.

    >>> eta = Parameter("eta", 3, "The halving rate.", minimum=2)
    >>> info = OptimizerInfo("halving", "Successive halving", "halving:SuccessiveHalving", parameters=(eta,))
    >>> info.settings({}), info.settings({"eta": 4})
    ({'eta': 3}, {'eta': 4})
    """

    name: str
    summary: str
    load: str
    capabilities: Capabilities = field(default_factory=Capabilities)
    parameters: tuple[Parameter, ...] = ()
    requires: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    cost: Costs = field(default_factory=dict)
    horizon: str = ""

    def plans(self, parameters: Mapping[str, Value]) -> bool:
        """Whether with these settings it plans by the budget.

        >>> points = Parameter("points", 0, "How many; 0: as the budget says.")
        >>> info = OptimizerInfo("design", "A design", "design:Design", parameters=(points,), horizon="points")
        >>> info.plans({"points": 0}), info.plans({"points": 8})
        (True, False)
        """
        return bool(self.horizon) and not parameters.get(self.horizon)

    def settings(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """All parameters, the given ones checked, the others at their defaults.

        Raises:
            HpobenchError: unknown name, wrong type or out of range.
        """
        return settings(self.parameters, given, f"optimizer {self.name!r}")


@dataclass(frozen=True, slots=True)
class Task:
    """All an optimizer is built from.

    Attributes:
        space: The problem's configuration space; the optimizer may keep and seed it.
        fidelity: The problem's fidelity, or None.
        budget: What the run may spend.
        seed: The only source of the optimizer's randomness (63 bits).
        parameters: Its checked settings.
        loss_range: Bounds that no loss leaves, where the problem states them (bandit policies scale by them).

    >>> from ConfigSpace import ConfigurationSpace
    >>> task = Task(ConfigurationSpace({"x": (0.0, 1.0)}), fidelity=None, budget=Budget.of(10, "evaluations"), seed=1)
    >>> list(task.space), str(task.budget)
    (['x'], '10 evaluations')
    """

    space: "ConfigurationSpace"
    fidelity: Fidelity | None
    budget: Budget
    seed: int
    parameters: Mapping[str, Value] = field(default_factory=dict)
    loss_range: tuple[float, float] | None = None

    def needed_fidelity(self, optimizer: str) -> Fidelity:
        """The problem's fidelity, for an optimizer that makes no sense without one.

        Raises:
            HpobenchError: there is none.
        """
        if self.fidelity is None:
            raise HpobenchError(f"{optimizer} needs a problem with a fidelity.")
        return self.fidelity


@dataclass(frozen=True, slots=True)
class Look:
    """What an optimizer believed of m configurations when it asked its last question. None: nothing of the kind.

    A single value is NaN where it believes nothing of that configuration (an arm that was never pulled).

    Attributes:
        mean, deviation: (m,) of the function that its model is of, without noise, in ``unit``.
        unit: Of both, such as ``"standardised loss"``.
        middle, lower, upper: (m,) of the noise-free loss, in its own unit: what it is taken to be, and the ends of
            ``interval``.
        interval: What lies between them, such as ``"mean ± sd"``.
        acquisition: (m,) what each promised, in ``criterion``'s unit; more is better, and the last question was the
            greatest of all that were considered.
        criterion: What the acquisition is; a logarithm begins with ``"log "``.
        note: Why something is missing, for a person.

    >>> look = Look(middle=[0.5], lower=[0.1], upper=[0.9], interval="5-95 % of the posterior")
    >>> look.upper, look.acquisition
    ([0.9], None)
    """

    mean: Sequence[float] | None = None
    deviation: Sequence[float] | None = None
    unit: str = ""
    middle: Sequence[float] | None = None
    lower: Sequence[float] | None = None
    upper: Sequence[float] | None = None
    interval: str = ""
    acquisition: Sequence[float] | None = None
    criterion: str = ""
    note: str = ""


class Optimizer(Protocol):
    """Ask and tell. Built by calling the object that ``OptimizerInfo.load`` names with a :class:`Task`.

    >>> class Grid:
    ...     def __init__(self, points):
    ...         self.left, self.told = points, []
    ...
    ...     def ask(self):
    ...         if not self.left:
    ...             raise Complete
    ...         return Ask({"x": self.left.pop(0)})
    ...
    ...     def tell(self, trial):
    ...         self.told.append(trial.loss)
    >>> from hpobench_tui.core import TrialStatus
    >>> grid = Grid([0.0, 0.5])
    >>> for number in range(2):
    ...     configuration = grid.ask().configuration
    ...     grid.tell(Trial(number, number, configuration, TrialStatus.DONE, loss=configuration["x"] ** 2))
    >>> grid.told
    [0.0, 0.25]
    """

    def ask(self) -> Ask:
        """The next question.

        Raises:
            NotReady: it waits for pending trials.
            Complete: it is finished.
        """
        ...

    def tell(self, trial: Trial) -> None:
        """Take note of a trial with any outcome: done, pruned, failed or cut."""
        ...


@runtime_checkable
class Pruner(Protocol):
    """An optimizer that may end a training early."""

    def should_stop(self, asked: int, ask: Ask, fidelity: int, report: Report) -> bool:
        """Whether the running trial, the answer to question ``asked``, should be dropped after this report.

        Its ``truth`` is withheld.
        """
        ...


@runtime_checkable
class Planned(Protocol):
    """An optimizer that knows its brackets beforehand, so that bracket tables can show what is still to come."""

    def plan(self) -> Sequence[Bracket]:
        """One cycle of brackets; ``Ask.bracket`` counts on through repeated cycles."""
        ...


@runtime_checkable
class Lookable(Protocol):
    """An optimizer that has a model, and shows what it believes."""

    def look(self, configurations: Sequence[Configuration]) -> Look:
        """What it believed of valid configurations when it asked its last question.

        Called after an ``ask``, before anything is told. It changes nothing: whatever is asked later is the same with
        and without it.
        """
        ...


@runtime_checkable
class Settled(Protocol):
    """An optimizer that settles several questions at a time, such as a generation, but never waits; optional.

    Those trials can be trained together, as all can of one that asks ``Capabilities.ahead``.

    >>> class Generations:
    ...     def __init__(self, questions):
    ...         self.questions = questions
    ...
    ...     def settled(self):
    ...         return len(self.questions)
    >>> isinstance(Generations([]), Settled)
    True
    """

    def settled(self) -> int:
        """How many questions it will ask next whatever it is told before. It changes nothing."""
        ...


@runtime_checkable
class Closable(Protocol):
    """An optimizer that holds threads or processes."""

    def close(self) -> None:
        """Release them. Called once, also after a failure."""
        ...

"""No native optimizer crashes or asks for anything invalid, whatever the space, the outcomes and the budget.

Bandit policies are left out: their arms are configurations drawn once, and their own tests cover what they are told.
"""

from functools import partial

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Constant, Float, Integer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spaces_strategy import KINDS, NUMBERS, spaces

from hpobench_baselines import native
from hpobench_baselines.native.bandits import POLICIES
from hpobench_tui.core import Ask, Budget, Complete, NotReady, OptimizerInfo, Report, Task, Trial, TrialStatus, Value
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.optimizer import Closable, Pruner
from hpobench_tui.core.space import validator
from hpobench_tui.plugins import build_optimizer
from hpobench_tui.testing.by_hand import trial
from hpobench_tui.testing.examples import EPOCHS, Case, mixed_space, numbers_space
from hpobench_tui.testing.optimizers import OptimizerConformance

OPTIMIZERS = [info for info in native.OPTIMIZERS if info not in POLICIES]
PENDING = 1000

every = pytest.mark.parametrize("info", OPTIMIZERS, ids=lambda info: info.name)


@pytest.fixture(autouse=True)
def _installed(info: OptimizerInfo) -> None:
    if reason := missing(info):
        pytest.skip(reason)  # only where no extras are installed; `make test` installs all of them


def space_of(kind: str) -> ConfigurationSpace:
    """Spaces at the edges, with numbers only for those that take no more."""
    numbers = kind.endswith("numbers")
    space = ConfigurationSpace()
    match kind.split("-")[0]:
        case "constants":
            space.add(Constant("one", 1), Constant("word", "w"))
        case "pair":
            space.add(Integer("b", (0, 1)) if numbers else Categorical("b", [True, False]), Constant("k", 0))
        case "wide":
            makers = [partial(Float, bounds=(-5.0, 5.0)), partial(Float, bounds=(1e-6, 1e3), log=True)]
            makers += [partial(Integer, bounds=(1, 9)), partial(Categorical, items=list("abc"))]
            for i in range(50):
                space.add(makers[i % (3 if numbers else 4)](f"h{i:02}"))
        case "middle":
            return numbers_space() if numbers else mixed_space()
    return space


def named(info: OptimizerInfo, kind: str) -> str:
    return kind if info.capabilities.categoricals else f"{kind}-numbers"


def outcome(number: int, asked: int, ask: Ask, rng: np.random.Generator) -> Trial:
    """Any end of a trial, any loss."""
    loss = float(rng.choice([rng.normal(), rng.normal(), 0.5, 1e300, -1e300]))
    status = TrialStatus(rng.choice([TrialStatus.DONE, TrialStatus.DONE, *TrialStatus]))
    fidelity = ask.fidelity
    if fidelity is not None and status in (TrialStatus.PRUNED, TrialStatus.CUT):
        fidelity = max(1, fidelity // 2)
    usable = status in (TrialStatus.DONE, TrialStatus.PRUNED) or (
        status is TrialStatus.CUT and bool(rng.random() < 0.5)
    )
    error = "RuntimeError: made to fail" if status is TrialStatus.FAILED else None
    made = trial(number, ask, loss if usable else None, asked)
    return made._replace(status=status, fidelity=fidelity, error=error)


def drive(
    info: OptimizerInfo,
    space: ConfigurationSpace,
    budget: Budget,
    seed: int,
    asks: int,
    pending: int,
    **settings: Value,
) -> int:
    """Ask up to ``asks`` times, with random outcomes told in random order; how many trials were pending at most."""
    rng = np.random.default_rng(seed)
    fidelity = EPOCHS if info.capabilities.multi_fidelity or info.capabilities.needs_fidelity else None
    suite = type("Suite", (OptimizerConformance,), {"info": info})()
    case, invalid = Case(repr(space), lambda: space, fidelity), validator(space)
    optimizer = build_optimizer(info, Task(space, fidelity, budget, seed, info.settings(settings)))
    waiting: list[tuple[int, Ask]] = []
    told: dict[int, Trial] = {}
    made = most = 0
    complete = False
    while waiting or (made < asks and not complete):
        if len(waiting) < pending and made < asks and not complete:
            try:
                ask = optimizer.ask()
            except NotReady:
                assert waiting, f"{info.name}: waits for nothing"
            except Complete:
                complete = True
                continue
            else:
                suite.check(ask, case, invalid, told, made)
                waiting.append((made, ask))
                made, most = made + 1, max(most, len(waiting))
                continue
        asked, ask = waiting.pop(int(rng.integers(len(waiting))))
        if isinstance(optimizer, Pruner):
            optimizer.should_stop(asked, ask, 1, Report(float(rng.normal())))
        trial = outcome(len(told), asked, ask, rng)
        told[trial.number] = trial
        optimizer.tell(trial)
    if isinstance(optimizer, Closable):
        optimizer.close()
    assert made
    return most


def check_random_spaces(info: OptimizerInfo, examples: int, asks: int) -> None:
    kinds = KINDS if info.capabilities.categoricals else NUMBERS

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(spaces(forbiddens=True, kinds=kinds), st.integers(0, 2**62), st.integers(1, 6))
    def run(space: ConfigurationSpace, seed: int, pending: int) -> None:
        drive(info, space, Budget.of(1000, "evaluations"), seed, asks, pending if info.capabilities.pending else 1)

    run()


@every
def test_random_spaces(info: OptimizerInfo) -> None:
    check_random_spaces(info, examples=3, asks=25)


@pytest.mark.slow
@every
def test_many_random_spaces(info: OptimizerInfo) -> None:
    check_random_spaces(info, examples=60, asks=60)


@every
@pytest.mark.parametrize("kind", ["constants", "pair"])
def test_hardly_any_configurations(info: OptimizerInfo, kind: str) -> None:
    """One configuration, or two, which are asked for again and again."""
    drive(info, space_of(named(info, kind)), Budget.of(100, "evaluations"), 3, 25, 1)


@every
def test_fifty_dimensions(info: OptimizerInfo) -> None:
    drive(info, space_of(named(info, "wide")), Budget.of(100, "evaluations"), 4, 15, 1)


@every
@pytest.mark.parametrize("amount", [1, 2, 3])
def test_budgets_below_a_population_or_bracket(info: OptimizerInfo, amount: int) -> None:
    unit = "fidelity" if info.capabilities.multi_fidelity else "evaluations"
    drive(info, space_of(named(info, "middle")), Budget.of(amount, unit), 5, 3, 1)


@pytest.mark.slow
@every
def test_a_thousand_pending_trials(info: OptimizerInfo) -> None:
    """Those that wait for a rung or for the last trial may wait; nobody else has to."""
    if info.capabilities.pending:
        most = drive(info, space_of(named(info, "middle")), Budget.of(2000, "evaluations"), 6, PENDING + 30, PENDING)
        assert info.capabilities.multi_fidelity or info.name == "grid" or most == PENDING

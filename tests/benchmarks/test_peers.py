"""The peers keep the contract too, and do what their libraries do by themselves; where those are installed."""

import numpy as np
import pytest

from benchmarks import peers
from hpobench_tui.core import Budget, HpobenchError, OptimizerInfo, Task, Trial, TrialStatus
from hpobench_tui.core.compatibility import missing
from hpobench_tui.plugins import build_optimizer, load_problem, problems
from hpobench_tui.testing.examples import EPOCHS, Case, conditional_space, mixed_space, numbers_space
from hpobench_tui.testing.optimizers import OptimizerConformance


def needs(info: OptimizerInfo) -> None:
    if reason := missing(info):
        pytest.skip(reason)  # the extra `peers` is for benchmarks and not in CI


class Peer(OptimizerConformance):
    @pytest.fixture(autouse=True)
    def installed(self) -> None:
        needs(self.info)


def floats_space():
    from ConfigSpace import ConfigurationSpace, Float

    return ConfigurationSpace(space=[Float("x", (-1.0, 2.0)), Float("rate", (1e-5, 1e-1), log=True)])


class FloatsOnly(Peer):
    @classmethod
    def cases(cls) -> list[Case]:
        return [Case("floats", floats_space, None), Case("floats-epochs", floats_space, EPOCHS)]


@pytest.mark.slow
class TestOptunaGP(Peer):
    info = peers.find("optuna-gp")
    asks = 14


class TestOptunaTPEDefaults(Peer):
    info = peers.find("optuna-tpe-defaults")


class TestOptunaNSGA2(Peer):
    info = peers.find("optuna-nsga2")


class TestOptunaCmaEs(Peer):
    info = peers.find("optuna-cma-es")


class TestHyperoptTPE(Peer):
    info = peers.find("hyperopt-tpe")

    @classmethod
    def cases(cls) -> list[Case]:
        """Without the conformance suite's conjunction of conditions, which a tree of choices cannot express."""
        return [Case("numbers", numbers_space, None), Case("mixed", mixed_space, None)]


@pytest.mark.slow
class TestSmacForest(Peer):
    info = peers.find("smac-forest")
    asks = 16


@pytest.mark.slow
class TestDehbLibrary(Peer):
    info = peers.find("dehb-library")


class TestCmaLibrary(FloatsOnly):
    info = peers.find("cma")


@pytest.mark.parametrize("name", ["synthetic/hartmann6", "synthetic/conditional", "synthetic/mixed"])
def test_hyperopt_asks_what_its_own_loop_asks(name: str) -> None:
    needs(peers.find("hyperopt-tpe"))
    from hyperopt import Trials, fmin, tpe

    from benchmarks.peers.hyperopt_tpe import HyperoptTPE, search_space

    info = problems()[name]
    problem, trials = load_problem(info), 40
    reached = info.fidelity.maximum if info.fidelity else 1
    task = Task(problem.space(), info.fidelity, Budget.of(trials, "evaluations"), 7)
    optimizer, losses = HyperoptTPE(task), []
    for number in range(trials):
        ask = optimizer.ask()
        losses.append(problem.start(ask.configuration, 1, "cpu").advance(reached).loss)
        optimizer.tell(Trial(number, number, ask.configuration, TrialStatus.DONE, losses[-1]))

    documents, decoder = Trials(), HyperoptTPE(task)

    def objective(_: object) -> float:
        drawn = documents._dynamic_trials[-1]["misc"]["vals"]
        return problem.start(decoder._configuration(drawn), 1, "cpu").advance(reached).loss

    fmin(
        objective, search_space(task.space), tpe.suggest, trials, trials=documents, rstate=np.random.default_rng(7),
        show_progressbar=False, verbose=False,
    )  # fmt: skip
    assert documents.losses() == losses


def test_a_tree_of_choices_refuses_what_it_cannot_express() -> None:
    needs(peers.find("hyperopt-tpe"))
    task = Task(conditional_space(), None, Budget.of(9, "evaluations"), 1)
    with pytest.raises(HpobenchError, match="cannot express the condition"):
        build_optimizer(peers.find("hyperopt-tpe"), task)


def test_floats_only() -> None:
    needs(peers.find("cma"))
    task = Task(numbers_space(), None, Budget.of(9, "evaluations"), 1)
    with pytest.raises(HpobenchError, match="floats"):
        build_optimizer(peers.find("cma"), task)


def test_cma_finds_a_minimum_and_starts_again() -> None:
    """On a bowl it converges and stops on its own criteria; then it searches elsewhere with twice the population."""
    needs(peers.find("cma"))
    optimizer = build_optimizer(peers.find("cma"), Task(floats_space(), None, Budget.of(900, "evaluations"), 3))
    losses = []
    for number in range(900):
        ask = optimizer.ask()
        x, rate = float(ask.configuration["x"]), np.log10(float(ask.configuration["rate"]))
        losses.append((x - 1.0) ** 2 + (rate + 3.0) ** 2)
        optimizer.tell(Trial(number, number, ask.configuration, TrialStatus.DONE, losses[-1]))
    assert min(losses) < 1e-12
    converged = int(np.argmin(losses))
    assert max(losses[converged:]) > 1e-2


def test_unknown_name_says_what_is_valid() -> None:
    with pytest.raises(HpobenchError, match="hyperopt-tpe"):
        peers.find("hyperop-tpe")


def test_descriptions_are_unique_and_apart_from_the_products() -> None:
    from hpobench_tui.plugins import ill_typed, optimizers

    names = [info.name for info in peers.PEERS]
    assert len(set(names)) == len(names)
    assert not set(names) & set(optimizers().found)
    assert not [complaint for info in peers.PEERS if (complaint := ill_typed(info))]

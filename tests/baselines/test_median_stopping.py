"""The median stopping rule against its definition, written naively, and in real runs."""

from statistics import fmean, median
from typing import ClassVar

import pytest
from ConfigSpace import ConfigurationSpace, Float
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.toys import collect
from hpobench_baselines.native import RANDOM
from hpobench_baselines.native.designs import SOBOL
from hpobench_baselines.native.designs.sequences import Sobol
from hpobench_baselines.native.multifidelity import MEDIAN_STOPPING
from hpobench_baselines.native.multifidelity.median_stopping import MedianStopping
from hpobench_baselines.native.random_search import RandomSearch
from hpobench_tui import plugins
from hpobench_tui.core import Budget, Fidelity, HpobenchError, Report, Simulation, Task, Trial, TrialStatus
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestMedianStopping(OptimizerConformance):
    info = MEDIAN_STOPPING


class TestOnSobol(OptimizerConformance):
    info = MEDIAN_STOPPING
    parameters: ClassVar = {"sampler": "sobol"}


def task(info=MEDIAN_STOPPING, step=1, **parameters) -> Task:
    space = ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Float("y", (0.0, 1.0))])
    epochs = Fidelity("epochs", 1, 30, step=step)
    return Task(space, epochs, Budget.of(1000, "fidelity"), 3, info.settings(parameters))


def test_by_hand() -> None:
    """Two others have running averages of 4 and 2 at epoch 1, of 3 and 2 at epoch 2: the medians are 3 and 2.5."""
    optimizer = MedianStopping(task(grace=1, others=2))
    ask = optimizer.ask()
    reports = [(0, 1, 4.0), (0, 2, 2.0), (1, 1, 2.0), (1, 2, 2.0)]
    assert not any(optimizer.should_stop(asked, ask, at, Report(loss)) for asked, at, loss in reports)
    assert not optimizer.should_stop(2, ask, 1, Report(3.0))  # as bad as the median is not worse
    assert optimizer.should_stop(3, ask, 1, Report(3.1))  # the others have 4, 2 and 3
    assert not optimizer.should_stop(2, ask, 2, Report(2.5))  # the others have 3 and 2
    assert not optimizer.should_stop(4, ask, 1, Report(2.4))
    assert not optimizer.should_stop(4, ask, 2, Report(9.0))  # its best is still 2.4; the others have 3, 2 and 2.75


@settings(max_examples=25, deadline=None)
@given(
    curves=st.lists(st.lists(st.integers(-9, 9).map(float), min_size=6, max_size=6), min_size=1, max_size=14),
    grace=st.integers(1, 5),
    others=st.integers(1, 6),
    together=st.integers(1, 5),
)
def test_the_definition_written_naively_stops_the_same(curves, grace, others, together) -> None:
    """Trainings in groups that report in turn; a stopped one reports no more."""
    optimizer = MedianStopping(task(grace=grace, others=others))
    ask = optimizer.ask()
    shown: dict[int, list[float]] = {}
    for first in range(0, len(curves), together):
        group = list(range(first, min(first + together, len(curves))))
        for at in range(1, 7):
            for asked in list(group):
                averages = [fmean(past[:at]) for other, past in shown.items() if other != asked and len(past) >= at]
                shown.setdefault(asked, []).append(curves[asked][at - 1])
                margin = min(shown[asked]) - median(averages) if averages else 0.0
                stop = optimizer.should_stop(asked, ask, at, Report(curves[asked][at - 1]))
                if at < grace or len(averages) < others:
                    assert not stop
                elif abs(margin) > 1e-9:  # else rounding may decide
                    assert stop is (margin > 0)
                if stop:
                    group.remove(asked)
    assert len(optimizer._running) == len(curves)
    for asked in range(len(curves)):
        optimizer.tell(Trial(asked, asked, ask.configuration, TrialStatus.PRUNED, 1.0))
    assert not optimizer._running


def test_huge_losses_neither_overflow_nor_stop_what_is_better() -> None:
    optimizer = MedianStopping(task(grace=1, others=1))
    ask = optimizer.ask()
    for asked in range(3):
        for at, loss in enumerate((1e308, -1e308, 1e308), 1):
            assert optimizer.should_stop(asked, ask, at, Report(loss)) is False
    assert optimizer.should_stop(3, ask, 1, Report(1.7e308))
    assert not optimizer.should_stop(4, ask, 1, Report(1.0))


@pytest.mark.parametrize(("sampler", "info", "alone"), [("random", RANDOM, RandomSearch), ("sobol", SOBOL, Sobol)])
def test_asks_what_its_sampler_asks(sampler, info, alone) -> None:
    optimizer, judge = MedianStopping(task(sampler=sampler)), alone(task(info))
    assert [optimizer.ask() for _ in range(20)] == [judge.ask() for _ in range(20)]


@pytest.mark.parametrize("workers", [1, 8])
def test_the_same_budget_pays_for_more_trials(workers: int) -> None:
    problem = plugins.problems()["bandits/curves"]
    run = collect(problem, MEDIAN_STOPPING, 30, "full-evaluations", Simulation(workers=workers))
    assert run.end.status == "done"
    assert run.books.ledger.left == 0
    pruned = [reached for status, reached in run.column("status", "fidelity") if status == "pruned"]
    assert min(pruned) >= 9  # the grace of a tenth of 81
    assert len(run.trials) > 40  # random search has 30
    assert run.column("status").count("done") >= 5


def test_refuses_to_stop_what_does_not_report() -> None:
    with pytest.raises(HpobenchError, match="reports only at the end of its epochs"):
        MedianStopping(task(step=None))

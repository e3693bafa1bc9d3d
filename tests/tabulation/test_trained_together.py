"""Trainings of a table that are made together have the rows that they have one by one."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

pytest.importorskip("polars")

from hpobench_tui.executors.activity import Activity, Phase
from hpobench_tui.executors.contract import Cause, Death
from hpobench_tui.plugins import load_problem
from hpobench_tui.tabulation.journal import Record
from hpobench_tui.tabulation.make import Order, together
from hpobench_tui.tabulation.plan import make_plan
from hpobench_tui.tabulation.pool import train_all
from hpobench_tui.tabulation.worker import Common, Job, train, train_together
from tables import CLIFF, Cliff


class Side:
    def __init__(self, members, widths):
        self.members, self.widths = members, widths

    def advance(self, to_fidelity):
        self.widths.append(len(self.members))
        found = []
        for member, to in zip(self.members, to_fidelity, strict=True):
            try:
                found.append(member.advance(to))
            except ArithmeticError as error:
                found.append(error)
        return found


class Cliffs(Cliff):
    """As ``tables.Cliff``, several at a time."""

    def __init__(self):
        self.widths = []

    def widest(self, device):
        return 5

    def start_many(self, configurations, seeds, device):
        return self.join([self.start(c, s, device) for c, s in zip(configurations, seeds, strict=True)])

    def join(self, trainings):
        return Side(list(trainings), self.widths)


class Gone(Cliffs):
    def join(self, trainings):
        raise RuntimeError("the device is gone")


def jobs(stepwise: bool = True, count: int = 12) -> list[Job]:
    plan = make_plan(CLIFF, count, 2, 0)
    common = Common(CLIFF, plan.levels, stepwise, "cpu")
    return [Job(common, i, k, plan.configurations[i], plan.seeds[k]) for i, k in plan.trainings()]


def content(record: Record) -> object:
    rows = [(row.fidelity, row.loss, row.metrics, row.truth, row.cost) for row in record.rows]
    return record.configuration, record.seed, record.values, rows, record.error, record.failed_at


@pytest.mark.parametrize("stepwise", [True, False])
@pytest.mark.parametrize("cls", [Cliffs, Gone])
def test_the_rows_are_the_same(stepwise: bool, cls: type[Cliffs]) -> None:
    asked = jobs(stepwise)
    alone = [content(train(load_problem(CLIFF), job)) for job in asked]
    problem = cls()
    records = train_together(problem, problem, asked)
    assert [content(record) for record in records] == alone
    assert {record.error is None for record in records} == {True, False}
    assert (max(problem.widths, default=0) == len(asked)) == (cls is Cliffs)


def test_each_has_its_share_of_the_time() -> None:
    problem = Cliffs()
    for record in train_together(problem, problem, jobs()):
        seconds = [row.wall_seconds for row in record.rows] + [record.wall_seconds]
        assert seconds == sorted(seconds)
        assert record.wall_seconds > 0


class Fake:
    """An executor that loses the process of what holds a poisonous job, after it told the first of its records."""

    def __init__(self, poison: tuple[int, int]) -> None:
        self.poison, self.handed, self.open = poison, [], []

    @property
    def free(self) -> int:
        return 1 - len(self.open)

    def hand_out(self, task: tuple[Job, ...]) -> None:
        self.handed.append(len(task))
        self.open.append(task)

    def activities(self) -> Sequence[object]:
        return self.open

    def reports(self, seconds: float) -> Sequence[object]:
        task = self.open.pop()
        records = [Record(job.configuration, job.seed, job.values, (), 0.1, 0.1) for job in task]
        if self.poison in [(job.configuration, job.seed) for job in task]:
            return [*records[: len(task) > 1], Death(task, Activity(Phase.EVALUATING, -1, 0.0), "boom", Cause.CRASH)]
        return records

    def close(self) -> None:
        pass


def test_a_lost_process_costs_the_training_that_lost_it_alone() -> None:
    asked = jobs(count=4)
    executor = Fake(poison=(2, 0))
    records = list(train_all([tuple(asked[:4]), tuple(asked[4:])], executor))  # type: ignore[arg-type]
    assert sorted((record.configuration, record.seed) for record in records) == sorted(
        (job.configuration, job.seed) for job in asked
    )
    assert [(r.configuration, r.seed, r.error) for r in records if r.error] == [(2, 0, "boom")]
    assert executor.handed == [4, 1, 1, 1, 4]


@pytest.mark.parametrize(
    ("asked", "workers", "trainings", "width"),
    [(None, 1, 100, 5), (None, 2, 6, 3), (32, 1, 100, 32), (1, 1, 100, 1), (None, 4, 2, 1)],
)
def test_how_many_at_a_time(asked: int | None, workers: int, trainings: int, width: int) -> None:
    info = replace(CLIFF, load=f"{__name__}:Cliffs")
    assert together(info, Order(workers, "cpu", 60.0, "", asked), "cpu", trainings) == width
    assert together(CLIFF, Order(workers, "cpu", 60.0, "", asked), "cpu", trainings) == 1

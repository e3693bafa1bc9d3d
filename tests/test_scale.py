"""Ten times as much takes ten times as long: checks, starts and tables of very many contenders, runs and labels.

The limits are in CPU seconds, several times what it takes, and a fraction of what anything quadratic does.
"""

import gc
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest

from factories import progress_table, run_of
from hpobench_tui.analysis.final import final_table
from hpobench_tui.analysis.ranks import average_ranks
from hpobench_tui.analysis.selection import by_problem
from hpobench_tui.core import Budget, HpobenchError
from hpobench_tui.core.experiment import left_out
from hpobench_tui.core.records import progress_row
from hpobench_tui.engine.front import lifecycle, spec
from hpobench_tui.engine.supervision.supervisor import Supervisor
from hpobench_tui.executors.activity import Activity, Phase
from hpobench_tui.executors.contract import Watch
from hpobench_tui.executors.local import LocalExecutor
from hpobench_tui.store import lock, merge
from hpobench_tui.store.reader import ProgressTable, Reader

TEN = Budget.of(10, "evaluations")
BANDIT = "bandits/bernoulli-10"


@pytest.fixture(autouse=True, scope="module")
def nothing_of_others_to_collect() -> Iterator[None]:
    """What thousands of tests before have left is looked through in a second, whose time would count here."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    started = time.process_time()
    yield
    assert time.process_time() - started < seconds


def contenders(count: int, name: str = "random") -> list[dict[str, str]]:
    return [{"name": name, "label": f"label-{i}"} for i in range(count)]


def end(value: float) -> ProgressTable:
    row = progress_row(
        run=0, number=9, spent=10, fidelity=10, clock=1.0, incumbent=3, incumbent_value=value, losses=10, regret=1.0,
        pseudo_regret=1.0,
    )  # fmt: skip
    return progress_table([row])


def test_many_contenders_are_checked() -> None:
    with within(8):
        assert len(spec.build("x", [BANDIT], contenders(50_000), TEN, repetitions=1).contenders) == 50_000


def test_too_many_contenders_are_refused_in_one_line() -> None:
    with within(15), pytest.raises(HpobenchError, match="250000 runs are more than the 100000 that one") as caught:
        spec.build("x", [BANDIT], contenders(250_000), TEN, repetitions=1)
    assert len(str(caught.value)) < 200


def test_what_is_wrong_with_very_many_is_said_in_short() -> None:
    twice = [*contenders(30_000), *contenders(30_000)]
    for given, impossible, start in (
        (twice, "skip", "label of an optimizer: label-0, label-1, "),
        (contenders(60_000, "hyperband"), "skip", "nothing is left to run: left out: label-0, label-1, "),
        (contenders(60_000, "hyperband"), "error", "impossible: label-0, label-1, "),
    ):
        with within(8), pytest.raises(HpobenchError) as caught:
            spec.build("x", [BANDIT], given, TEN, impossible=impossible)
        assert str(caught.value).startswith(start)
        assert "000 in all)" in str(caught.value)
        assert len(str(caught.value)) < 400
    with within(8), pytest.raises(HpobenchError) as caught:
        spec.build("x", [BANDIT], [{"label": str(i)} for i in range(20_000)], TEN)
    assert len(str(caught.value).splitlines()) < 200
    assert str(caught.value).endswith("more complaints.")


def test_a_few_that_are_left_out_are_all_told() -> None:
    skipped = [("toy/one", label, f"{label} needs a fidelity") for label in ("a", "b")]
    assert left_out(skipped) == ["left out: a, b on toy/one: needs a fidelity"]


def test_the_last_of_many_runs_starts_as_quickly_as_the_first(tmp_path: Path) -> None:
    experiment = spec.build("x", [BANDIT], contenders(20_000), TEN, repetitions=1)
    folder = lifecycle.create(experiment, tmp_path)
    held = lock.acquire(folder)
    assert held is not None
    supervisor = Supervisor(folder, held)
    handed = []
    supervisor._executor = Mock(hand_out=handed.append, activities=lambda: ())
    started = time.process_time()
    for run in range(1000):
        supervisor._start(run)
    with within(3 * (time.process_time() - started)):
        for run in range(19_000, 20_000):
            supervisor._start(run)
    supervisor._store.close()
    assert len(handed) == 2000


def test_half_of_very_many_repetitions_are_found_at_once() -> None:
    whole = spec.build("x", [BANDIT], contenders(1), TEN, repetitions=100_000)
    half = replace(whole, only=tuple(range(99_999, 50_000, -1)))
    with within(3):
        assert half.repetitions_here() == tuple(range(50_001, 100_000))
        assert len(half.runs()) == 49_999


def test_very_many_parts_are_merged_as_quickly_each_as_a_few(tmp_path: Path) -> None:
    """Each is held against what is known, not against every other one: that took 50 s here."""
    count = 500
    whole = spec.build("x", [BANDIT], contenders(10), TEN, repetitions=count)
    with Reader(lifecycle.create(replace(whole, only=(0,)), tmp_path)) as reader:
        (source,) = merge.sources([reader])
        found = [
            replace(
                source,
                name=f"part-{n}",
                experiment=replace(whole, only=(n,)),
                runs={(p, label, n): run for (p, label, _), run in source.runs.items()},
            )
            for n in range(count)
        ]
        with within(8):
            merged = merge.plan(found, lambda *_: None)
            counts = merged.counts
    assert counts == {f"part-{n}": 10 for n in range(count)}
    assert not merged.missing


def test_many_idle_processes_are_not_all_looked_at_for_a_task() -> None:
    executor: LocalExecutor[str, str] = LocalExecutor("nowhere:nothing", 100, [], Watch({}, 1))
    idle = [Mock(task=None, gpu=None) for _ in range(100)]
    for worker in idle:
        worker.end.return_value, worker.receive.return_value = None, []
        worker.start.side_effect = partial(setattr, worker, "task")
    executor._workers = [*idle]
    for n in range(100):
        executor.hand_out(f"task {n}")
    assert [worker.task for worker in idle] == [f"task {n}" for n in range(100)]
    assert sum(worker.end.call_count for worker in idle) == 100


def test_many_processes_are_looked_at_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at one takes 0.06 ms: of 1,000 at 20 a second it would take more than all of the executor's time."""
    now = 100.0
    monkeypatch.setattr("hpobench_tui.executors.local.time.monotonic", lambda: now)
    looks = {}
    for count in (10, 1000):
        executor: LocalExecutor[str, str] = LocalExecutor("nowhere:nothing", count, [], Watch({}, 1))
        monkeypatch.setattr(executor, "_wait", lambda seconds: None)
        busy = [Mock(task="a task") for _ in range(count)]
        for worker in busy:
            worker.end.return_value = worker.fault.return_value = None
            worker.receive.return_value = []
        executor._workers = [*busy]
        for _ in range(64):
            now += 0.0625
            executor.reports(0.1)
        looks[count] = {worker.fault.call_count for worker in busy}
        seconds = [call.args[1] for call in busy[-1].fault.call_args_list]
        assert sum(seconds) == 0.0625 * 64, "and each look knows how long ago the last one was"
    assert looks == {10: {64}, 1000: {8}}


def test_many_workers_are_written_down_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often one of 500 tells something: what all do then takes a twentieth of the supervisor's time."""
    experiment = spec.build("x", [BANDIT], contenders(500), TEN, repetitions=1, workers=500)
    folder = lifecycle.create(experiment, tmp_path)
    held = lock.acquire(folder)
    assert held is not None
    supervisor = Supervisor(folder, held)
    now, trial = 100.0, 0
    doing = lambda: [(Mock(run=run), Activity(Phase.EVALUATING, trial, 0.0)) for run in range(500)]  # noqa: E731
    supervisor._executor = Mock(activities=doing)
    monkeypatch.setattr("hpobench_tui.engine.supervision.supervisor.time.monotonic", lambda: now)
    written = []
    with Reader(folder) as reader:
        for _ in range(100):
            supervisor._show_activities()
            supervisor._store.commit()
            written.append(reader.run(499).activity)
            now, trial = now + 0.0625, trial + 1
    supervisor._store.close()
    assert list(dict.fromkeys(written)) == [f"evaluating trial {n}" for n in range(0, 100, 8)]


def test_tables_of_many_repetitions() -> None:
    runs = [run_of(i, repetition=i) for i in range(10_000)]
    ends = {run.id: end(run.id / 7) for run in runs if run.id % 10}
    with within(4):
        (row,) = final_table(runs, ends)
    assert (row.runs, row.pair.selection.valueless[1].id) == (10_000, 10)


def test_ranks_of_many_labels() -> None:
    runs = [run_of(i, label=f"label-{i}") for i in range(10_000)]
    rows = final_table(runs, {run.id: end(run.id * 7919 % 10_007) for run in runs})
    with within(3):
        ranking = average_ranks(rows)
    assert sorted(ranking.ranks.values()) == list(range(1, 10_001))


@pytest.mark.parametrize("seed", range(30))
def test_the_ranked_block_is_the_largest_of_all(seed: int) -> None:
    """By a look at every label's problems, as the rule is written."""
    rng = random.Random(seed)
    runs = [
        run_of(
            i, problem=f"toy/{i % 5}", label=f"label-{i // 5}", status=rng.choice(["done", "done", "done", "failed"])
        )
        for i in range(40)
    ]
    rows = final_table(runs, {run.id: end(rng.random()) for run in runs})
    covers = {row.label: [r.problem for r in rows if r.label == row.label and r.median is not None] for row in rows}
    blocks = [
        (tuple(own), [label for label, other in covers.items() if set(own) <= set(other)])
        for own in covers.values()
        if own
    ]
    problems, labels = max(
        (block for block in blocks if len(block[1]) > 1), key=lambda b: (len(b[0]) * len(b[1]), len(b[1]))
    )
    ranking = average_ranks(rows)
    assert (ranking.problems, list(ranking.ranks), ranking.total) == (problems, labels, len(by_problem(rows)))

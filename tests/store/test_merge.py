"""Parts of an experiment, run apart and merged, are the whole; what is no part of it is told from what is."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

import experiments
from benchmarks.kills.scene import contents, differences
from hpobench_tui.analysis.audit import audit
from hpobench_tui.core import Budget, HpobenchError
from hpobench_tui.core.experiment import Contender, Experiment
from hpobench_tui.core.shards import Shard
from hpobench_tui.core.status import RunStatus
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store import merge, seals
from hpobench_tui.store.reader import FILE, Reader
from hpobench_tui.store.writer import Writer

PROBLEMS = ["synthetic/branin", "bandits/curves"]
OPTIMIZERS = ["random", "hyperband", "tpe"]


def experiment(**changes: object) -> Experiment:
    whole = experiments.experiment(PROBLEMS, OPTIMIZERS, 20, "evaluations", repetitions=4)
    return replace(whole, **changes)  # type: ignore[arg-type]


def merged(folders: Sequence[Path], to: Path) -> merge.Merged:
    with ExitStack() as stack:
        found = merge.sources([stack.enter_context(Reader(folder)) for folder in folders])
        result = merge.plan(found, lambda problem, contender: None)
        to.mkdir(parents=True)
        merge.write(result, found, to)
        return result


def refused(folders: Sequence[Path]) -> str:
    """What is wrong with them."""
    with ExitStack() as stack, pytest.raises(HpobenchError) as error:
        merge.plan(merge.sources([stack.enter_context(Reader(folder)) for folder in folders]), lambda *_: None)
    return str(error.value)


def changed(folder: Path, statement: str) -> Path:
    """As if another program had written it so."""
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.execute(statement)
        seals.seal_all(connection)
    return folder


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("parts")
    return {
        "whole": experiments.run(experiment(name="whole"), root),
        "low": experiments.run(experiment(name="low", only=(0, 1)), root),
        "high": experiments.run(experiment(name="high", only=(1, 2, 3)), root),
    }


pytestmark = pytest.mark.e2e


def test_two_parts_are_the_whole(parts: dict[str, Path], tmp_path: Path) -> None:
    result = merged([parts["low"], parts["high"]], tmp_path / "both")
    assert not differences(contents(tmp_path / "both"), contents(parts["whole"]))
    assert not result.missing
    assert result.shared == 5  # of repetition 1: Branin has no fidelity
    with Reader(tmp_path / "both") as reader:
        assert not reader.faults()
        assert all(row.holds for row in audit(reader))
        assert reader.experiment().status == "finished"
        assert replace(reader.experiment().experiment, name="whole") == experiment(name="whole")
        manifest, events = reader.manifest(), reader.events()
        low, high = (parts[name].name for name in ("low", "high"))
        assert {"optimizer tpe", "problem synthetic/branin"} <= manifest.keys()
        assert manifest["python"] == manifest[f"{low}/python"] == manifest[f"{high}/python"]
        assert [event.time for event in events] == sorted(event.time for event in events)
        assert events[-1].message == f"merged from {low} (10 runs), {high} (10 runs)"
        assert sum(event.message == "finished" for event in events) == 2


def test_the_order_does_not_matter(parts: dict[str, Path], tmp_path: Path) -> None:
    merged([parts["high"], parts["low"]], tmp_path / "both")
    assert not differences(contents(tmp_path / "both"), contents(parts["whole"]))


def test_what_none_has_waits_to_be_run(parts: dict[str, Path], tmp_path: Path) -> None:
    result = merged([parts["low"], lifecycle.create(experiment(only=(3,)), tmp_path)], tmp_path / "some")
    assert {repetition for _, _, repetition in result.missing} == {2}
    with Reader(tmp_path / "some") as reader:
        assert not reader.faults()
        assert sum(run.status is RunStatus.WAITING for run in reader.runs()) == 10
        assert "5 of 20 runs are in none of the merged experiments" in [event.message for event in reader.events()]
    assert lifecycle.resume(tmp_path / "some") == 10
    assert experiments.wait_until_ended(tmp_path / "some") == "finished"
    assert not differences(contents(tmp_path / "some"), contents(parts["whole"]))


def test_parts_with_other_problems_and_optimizers(parts: dict[str, Path], tmp_path: Path) -> None:
    one = experiment(problems=("synthetic/branin",), budgets={"synthetic/branin": Budget.of(20, "evaluations")})
    two = experiment(contenders=(Contender("random", "random"),), repetitions=2)
    folders = [lifecycle.create(part, tmp_path) for part in (one, two)]
    result = merged(folders, tmp_path / "both")
    assert result.experiment.problems == ("synthetic/branin", "bandits/curves")
    assert ("bandits/curves", "tpe", 0) in result.missing
    assert ("bandits/curves", "random", 3) in result.missing
    assert lifecycle.unfinished(tmp_path / "both") == len(result.taken)


def test_a_finished_copy_is_taken_before_an_unfinished_one(parts: dict[str, Path], tmp_path: Path) -> None:
    waiting = lifecycle.create(experiment(), tmp_path)
    with Writer(waiting) as store:
        store.set_status("cancelled")  # type: ignore[arg-type]
        store.set_run(0, status=RunStatus.CANCELLED)
    result = merged([waiting, parts["high"]], tmp_path / "both")
    status = {(run.label, run.repetition): run.status for run in experiments.runs(tmp_path / "both")}
    assert not result.missing
    assert result.shared == 0
    assert status["random", 0] is not RunStatus.DONE
    assert {status["random", n] for n in (1, 2, 3)} == {RunStatus.DONE}
    lifecycle.resume(tmp_path / "both")
    experiments.wait_until_ended(tmp_path / "both")
    assert not differences(contents(tmp_path / "both"), contents(parts["whole"]))


def test_merged_experiments_are_merged_again_and_extended(parts: dict[str, Path], tmp_path: Path) -> None:
    other = experiments.run(experiment(name="two", only=(2,)), tmp_path)
    merged([parts["low"], other], tmp_path / "some")
    result = merged([tmp_path / "some", parts["high"]], tmp_path / "all")
    assert not result.missing
    assert not differences(contents(tmp_path / "all"), contents(parts["whole"]))
    with Reader(tmp_path / "all") as reader:
        assert f"some/{parts['low'].name}/python" in reader.manifest()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 9}, "seed: 0 in "),
        ({"record": 5}, "record: none in "),
        ({"device": "cpu"}, "device: auto in "),
        ({"budgets": dict.fromkeys(PROBLEMS, Budget.of(21, "evaluations"))}, "budget of bandits/curves: 20 "),
        ({"contenders": (Contender("random", "tpe"),)}, "tpe: tpe with "),
    ],
)  # fmt: skip
def test_what_is_no_part_is_named(
    parts: dict[str, Path], tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    other = lifecycle.create(experiment(**changes), tmp_path)
    said = refused([parts["low"], other])
    assert "no parts of one experiment" in said
    assert message in said
    assert other.name in said


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE trial SET loss = loss + 1e-9 WHERE run = 0 AND number = 7", "trial.loss of trial 7 is"),
        ("DELETE FROM trial WHERE run = 0 AND number = 19", "has more rows of trial"),
        ("UPDATE progress SET regret = 3 WHERE run = 0 AND number = 4", "progress.regret of trial 4 is"),
        ("UPDATE run SET status = 'failed' WHERE id = 0", "run.status is"),
    ],
)
def test_shared_runs_that_differ_are_named(
    parts: dict[str, Path], tmp_path: Path, statement: str, message: str, copy: Callable[[Path], Path]
) -> None:
    said = refused([parts["whole"], changed(copy(parts["high"]), statement)])
    assert "1 of the 15 runs that several of them have differ" in said
    assert "random on synthetic/branin, repetition 1" in said
    assert message in said


def test_times_may_differ(parts: dict[str, Path], tmp_path: Path, copy: Callable[[Path], Path]) -> None:
    other = changed(copy(parts["high"]), "UPDATE trial SET clock_end = clock_end + 1, ask_seconds = 3")
    changed(other, "UPDATE run SET attempts = 4, device = 'cuda:1', seconds = 8")
    result = merged([parts["whole"], other], tmp_path / "both")
    assert result.shared == 15


def test_a_problem_that_is_described_otherwise_is_named(parts: dict[str, Path], copy: Callable[[Path], Path]) -> None:
    other = changed(copy(parts["high"]), "UPDATE run SET reference = 0.5 WHERE problem = 'bandits/curves'")
    assert "reference of bandits/curves: " in refused([parts["low"], other])


def test_other_code_is_named(parts: dict[str, Path], copy: Callable[[Path], Path]) -> None:
    with Reader(parts["high"]) as reader:
        cell = reader.manifest()["optimizer tpe"]
    was, other = json.loads(cell)["code"], copy(parts["high"])
    changed(other, f"UPDATE manifest SET value = replace(value, '{was}', 'f00d') WHERE key = 'optimizer tpe'")
    said = refused([parts["low"], other])
    assert "code of optimizer tpe: " in said
    assert was[:12] in said
    assert "f00d" in said


def test_a_store_that_was_changed_is_refused(parts: dict[str, Path], copy: Callable[[Path], Path]) -> None:
    other = copy(parts["high"])
    with closing(sqlite3.connect(other / FILE)) as connection, connection:
        connection.execute("UPDATE trial SET loss = 0 WHERE run = 0 AND number = 3")
    assert "not those that were written" in refused([parts["low"], other])


def test_code_of_which_little_is_known_does_not_make_two_others_the_same(
    parts: dict[str, Path], copy: Callable[[Path], Path], tmp_path: Path
) -> None:
    """Without sources a version decides; so the first store agrees with both others, which do not with each other."""
    with Reader(parts["high"]) as reader:
        cell = reader.manifest()["optimizer tpe"]
    little = json.dumps(json.loads(cell) | {"code": ""})
    one = changed(copy(parts["low"]), f"UPDATE manifest SET value = '{little}' WHERE key = 'optimizer tpe'")
    with ExitStack() as stack:
        merge.plan(merge.sources([stack.enter_context(Reader(f)) for f in (one, parts["high"])]), lambda *_: None)
    waiting = lifecycle.create(experiment(only=(0,)), tmp_path)
    mended = json.dumps(json.loads(cell) | {"code": "f00d"})
    other = changed(waiting, f"UPDATE manifest SET value = '{mended}' WHERE key = 'optimizer tpe'")
    said = refused([one, parts["high"], other])
    assert said.count("code of optimizer tpe: ") == 1
    assert f"in {parts['high'].name}, and in {other.name}" in said


def test_what_later_stores_alone_know_is_held_against_each_other(parts: dict[str, Path], tmp_path: Path) -> None:
    """The first one has neither the problem, nor the optimizer, that the others disagree on."""
    branin, *_ = PROBLEMS
    few = {"problems": (branin,), "budgets": {branin: Budget.of(20, "evaluations")}}
    first = lifecycle.create(experiment(name="first", contenders=(Contender("random", "random"),), **few), tmp_path)
    less = experiment(
        name="less", budgets={branin: Budget.of(20, "evaluations"), PROBLEMS[1]: Budget.of(9, "evaluations")}
    )
    left = experiment(name="left", skipped=(*experiment().skipped, (branin, "tpe", "nobody wants it")))
    folders = [lifecycle.create(part, tmp_path) for part in (less, left)]
    said = refused([first, parts["low"], *folders])
    low, (less_name, left_name) = parts["low"].name, (folder.name for folder in folders)
    assert f"budget of {PROBLEMS[1]}: " in said
    assert f"in {low}, and in {less_name} 9 " in said
    assert f"tpe on {branin}: runs in {low}, and is left out in {left_name}" in said
    assert first.name not in said
    assert refused([first, *folders[::-1], parts["low"]]).count(" runs in ") == 2, "the first that runs it, for each"


def test_more_runs_than_an_experiment_may_have_are_refused(
    parts: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge, "MAX_RUNS", 19)
    assert refused([parts["low"], parts["high"]]).startswith("together they have 20 runs, more than the 19 that one")
    monkeypatch.setattr(merge, "MAX_RUNS", 20)
    with ExitStack() as stack:
        readers = [stack.enter_context(Reader(parts[name])) for name in ("low", "high")]
        assert len(merge.plan(merge.sources(readers), lambda *_: None).taken) == 20


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        (to := tmp_path / f"copy-of-{folder.name}").mkdir()
        (to / FILE).write_bytes((folder / FILE).read_bytes())
        return to

    return made


def test_nothing_is_left_of_a_merge_that_fails(
    parts: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(merge, "_copy", full)
    with pytest.raises(HpobenchError, match="cannot create the experiment"):
        merged([parts["low"], parts["high"]], tmp_path / "both")
    assert not list((tmp_path / "both").iterdir())


def test_folders_of_the_same_name_are_told_apart(parts: dict[str, Path], tmp_path: Path) -> None:
    places = [tmp_path / place for place in ("a/x", "b/x", "c/x (2)", "d/x")]
    for place in places:
        shutil.copytree(parts["low"], place)
    for order in (places, places[::-1]):
        with ExitStack() as stack:
            names = [found.name for found in merge.sources([stack.enter_context(Reader(place)) for place in order])]
        assert len(set(names)) == 4
        assert names[0] == order[0].name


def test_runs_are_counted_without_being_made() -> None:
    for made in (experiment(), experiment(only=(1, 2, 7)), experiment(shard=Shard(1, 3))):
        assert made.size() == len(replace(made, shard=None).runs())
    assert experiment(repetitions=100_000).size() > 100_000

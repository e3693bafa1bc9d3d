"""`hpobench repair`: what is sound is kept as it was, the rest runs again to the same end, the original stays."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from experiments import experiment, results, run, wait_until_ended
from factories import change, history, run_row, store
from hpobench_tui.cli.app import app
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import FILE, Reader


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment of four runs that has ended."""
    one = experiment(
        ["synthetic/branin"], ["random", "regularized-evolution"], 2000, "evaluations", repetitions=2, workers=1
    )
    return run(one, tmp_path_factory.mktemp("whole"))


def copy(folder: Path, to: Path) -> Path:
    to.mkdir()
    (to / FILE).write_bytes((folder / FILE).read_bytes())
    return to


def repair(folder: Path, *more: str) -> Result:
    before = (folder / FILE).read_bytes()
    result = CliRunner().invoke(app, ["repair", str(folder), *more])
    assert (folder / FILE).read_bytes() == before, "the original stays as it is"
    return result


def rows(folder: Path) -> dict[int, tuple[object, ...]]:
    with Reader(folder) as reader:
        return {r.id: (r, reader.trial_rows(r.id), reader.progress(r.id).spent.tolist()) for r in reader.runs()}


def overwrite(start: float, length: int) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        spoilt = bytearray((folder / FILE).read_bytes())
        at = int(start * len(spoilt))
        spoilt[at : at + length] = b"\xa5" * length
        (folder / FILE).write_bytes(bytes(spoilt))

    return spoil


def cut(share: float) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        data = (folder / FILE).read_bytes()
        (folder / FILE).write_bytes(data[: int(share * len(data))])

    return spoil


def sql(statement: str) -> Callable[[Path], None]:
    return lambda folder: change(folder, statement)


DAMAGES = {
    "a loss": sql("UPDATE trial SET loss = loss + 1 WHERE run = 2 AND number = 1234"),
    "a run's row": sql("UPDATE run SET spent = spent - 1 WHERE id = 1"),
    "a run's seed": sql("UPDATE run SET optimizer_seed = optimizer_seed + 1 WHERE id = 1"),
    "a run that is gone": sql("DELETE FROM run WHERE id = 3"),
    "a run that is another": sql("UPDATE run SET repetition = 77 WHERE id = 3"),
    "a run's targets": sql("UPDATE run SET targets = '[3, 2, 1]' WHERE id = 1"),
    "a status": sql("UPDATE run SET status = 'asleep' WHERE id = 0"),
    "bytes in the middle": overwrite(0.5, 40_000),
    "the end": cut(0.9),
    "half of it": cut(0.55),
    "a trigger": sql("CREATE TRIGGER evil AFTER INSERT ON event BEGIN DELETE FROM trial; END"),
    "the manifest": sql("UPDATE manifest SET value = 'x' WHERE key = 'python'"),
    "the log": sql("DELETE FROM event WHERE id = 1"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_sound_is_kept_and_the_rest_comes_to_the_same_end(whole: Path, tmp_path: Path, damage: str) -> None:
    folder, new = copy(whole, tmp_path / "one"), tmp_path / "one-repaired"
    DAMAGES[damage](folder)
    told = json.loads(repair(folder, "--dry-run", "--json").stdout)
    assert not new.exists()
    result = repair(folder, "--json")
    said = json.loads(result.stdout)
    assert said | {"written": None} == told
    lost = bool(said["reset"] or said["lost"])
    assert result.exit_code == lost
    assert lost or damage == "a trigger"
    assert 0 < said["kept"] == 4 - len(said["reset"]), "something of each is sound"
    with Reader(new) as reader:
        assert reader.faults() == []
    again = {reset["run"] for reset in said["reset"]}
    right, found = rows(whole), rows(new)
    assert {n: r for n, r in found.items() if n not in again} == {n: r for n, r in right.items() if n not in again}
    assert {n: r.targets for n, (r, *_) in found.items()} == {n: r.targets for n, (r, *_) in right.items()}
    if again:
        with pytest.raises(HpobenchError):
            lifecycle.resume(folder)
        assert lifecycle.resume(new) == len(again)
        assert wait_until_ended(new) == "finished"
        assert results(new) == results(whole)


def test_a_sound_store_is_copied(whole: Path, tmp_path: Path) -> None:
    result = repair(copy(whole, tmp_path / "one"))
    assert result.exit_code == 0
    assert "4 of 4 runs" in result.stdout
    assert rows(tmp_path / "one-repaired") == rows(whole)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (sql("UPDATE experiment SET name = 'other'"), "the description of its experiment is not what was written"),
        (sql("UPDATE experiment SET spec = '[]'"), "is damaged: TypeError"),
        (sql("DELETE FROM experiment"), "is damaged: "),
        (cut(0.001), "is "),
        (overwrite(0, 16), "is not an SQLite database"),
    ],
)
def test_where_nothing_can_be_saved_it_says_why(
    whole: Path, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(copy(whole, tmp_path / "one"))
    result = repair(tmp_path / "one")
    assert isinstance(result.exception, HpobenchError)
    assert said in str(result.exception)
    assert not (tmp_path / "one-repaired").exists()


def test_nothing_is_written_over(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    result = repair(copy(whole, tmp_path / "one"), "--to", str(tmp_path / "there"))
    assert "exists already; choose another folder with --to" in str(result.exception)
    assert list((tmp_path / "there").iterdir()) == []


def test_of_an_earlier_version_what_can_be_read_and_balances_is_kept(tmp_path: Path) -> None:
    runs = [run_row(k, repetition=k, trials=3, spent=3, budget=3) for k in range(3)]
    store(tmp_path / "one", runs, [row for k in range(3) for row in history(k, [0.5, 0.4, 0.3])]).close()
    change(tmp_path / "one", "UPDATE run SET spent = 2 WHERE id = 1")
    change(tmp_path / "one", "UPDATE trial SET configuration = x'00' WHERE run = 2 AND number = 1")
    result = repair(tmp_path / "one")
    assert result.exit_code == 1
    assert "repetition 1: the trials cost 3, but the ledger says 2" in result.stdout
    assert "kept in" in result.stdout
    with Reader(tmp_path / "one-repaired") as reader:
        assert [(r.status, r.spent, r.trials) for r in reader.runs()] == [("done", 3, 3), *[("waiting", 0, 0)] * 2]
        assert (reader.sealed, reader.faults()) == (True, [])


def test_a_run_that_is_under_way_is_kept_with_what_it_has(tmp_path: Path) -> None:
    runs = [run_row(k, repetition=k, trials=3, spent=3, status=s) for k, s in enumerate(["running", "cancelled"])]
    trials = [row for k in range(2) for row in history(k, [0.5, 0.4, 0.3])]
    store(tmp_path / "one", runs, trials, status="running", sealed=True).close()
    change(tmp_path / "one", "UPDATE progress SET regret = 9 WHERE run = 1 AND number = 0")
    assert repair(tmp_path / "one").exit_code == 1
    with Reader(tmp_path / "one-repaired") as reader:
        assert [(r.status, r.trials) for r in reader.runs()] == [("running", 3), ("waiting", 0)]
        assert reader.experiment().status == "waiting"
        assert "1 of 2 runs kept" in reader.events()[-1].message

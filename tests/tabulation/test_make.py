"""What is taken over from a finished table and a part file, and what is refused. No process is started."""

import fcntl
from dataclasses import replace

import pytest

pytest.importorskip("polars")


from hpobench_tui.core import HpobenchError
from hpobench_tui.plugins import problems
from hpobench_tui.tabulation.journal import Journal
from hpobench_tui.tabulation.make import Making, base_of, default_name, versions
from hpobench_tui.tabulation.plan import make_plan
from tables import CLIFF, made_table


@pytest.fixture
def made(tmp_path):
    return made_table(tmp_path / "cliff", CLIFF, 4, 2)


def test_only_what_is_missing_is_to_be_trained(made):
    with Making(make_plan(CLIFF, 6, 2, 0), made.base) as making:
        assert making.missing == [(4, 0), (5, 0), (4, 1), (5, 1)]
        assert making.contents.records == made.contents.records
    with Making(make_plan(CLIFF, 3, 2, 0), made.base) as making:
        assert making.missing == []
    assert not making.journal.path.exists(), "nothing was trained, nothing is left"


def test_the_part_file_adds_to_the_table(made):
    larger = make_plan(CLIFF, 5, 2, 0)
    fresh = made_table(made.base.with_name("other"), CLIFF, 5, 2)
    with Making(larger, made.base) as making:
        making.journal.record(fresh.contents.records[4, 0])
    with Making(larger, made.base) as making:
        assert making.missing == [(4, 1)]
        making.contents.add(fresh.contents.records[4, 1])
        sidecar = making.finish()
    assert sidecar["configurations"] == 5
    assert sidecar["seeds"] == list(larger.seeds)
    assert not making.journal.path.exists()


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (lambda: make_plan(CLIFF, 4, 2, 1), "its sample seed is 0, not 1"),
        (lambda: make_plan(replace(CLIFF, id="tests/other"), 4, 2, 0), "its problem is tests/cliff, not tests/other"),
        (lambda: make_plan(CLIFF, 3, 3, 0), "ask for at least --configurations 4 --seeds 3"),
        (lambda: replace(make_plan(CLIFF, 4, 2, 0), levels=(1, 4)), "report at other fidelities"),
    ],
)
def test_what_is_of_something_else_is_refused(made, plan, reason):
    with pytest.raises(HpobenchError, match=reason):
        Making(plan(), made.base)
    assert made.json.exists()
    assert not made.base.with_name("cliff.part.jsonl").exists()


def test_force_starts_over_and_leaves_the_old_table_until_the_end(made):
    with Making(make_plan(CLIFF, 3, 1, 1), made.base, force=True) as making:
        assert len(making.missing) == 3
    assert made.json.exists()


def test_nothing_is_lost_where_the_table_cannot_be_read(made):
    """The trainings that a part file adds stay, and are taken over when the table is mended."""
    larger, fresh = make_plan(CLIFF, 5, 2, 0), made_table(made.base.with_name("other"), CLIFF, 5, 2)
    with Making(larger, made.base) as making:
        making.journal.record(fresh.contents.records[4, 0])
    whole = made.json.read_text()
    made.json.write_text("{")
    with pytest.raises(HpobenchError, match="the table cannot be read"):
        Making(larger, made.base)
    made.json.write_text(whole)
    with Making(larger, made.base) as making:
        assert making.missing == [(4, 1)]


def test_an_end_while_the_surrogate_is_fitted_leaves_table_and_part_file_as_they_were(made, monkeypatch):
    larger, fresh = make_plan(CLIFF, 5, 2, 0), made_table(made.base.with_name("other"), CLIFF, 5, 2)

    def ends(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, Making(larger, made.base) as making:
        patch.setattr("hpobench_tui.tabulation.table.make_twin", ends)
        for record in fresh.contents.records.values():
            making.journal.record(record)
            making.contents.add(record)
        with pytest.raises(KeyboardInterrupt):
            making.finish()
    with Making(larger, made.base) as making:
        assert making.missing == []
        assert making.finish()["configurations"] == 5
    assert {path.suffix for path in made.base.parent.glob("cliff.*")} == {".json", ".npz", ".parquet"}


def test_a_part_file_that_another_process_just_deleted_is_not_gone_on_with(tmp_path, monkeypatch):
    path = tmp_path / "x.part.jsonl"
    flock = fcntl.flock

    def late(file, how):
        path.unlink()  # between opening and locking
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(HpobenchError, match="is being written by another"):
        Journal(path)


def test_other_versions_are_refused(made, monkeypatch):
    changed = versions(CLIFF) | {"numpy": "0.1"}
    monkeypatch.setattr("hpobench_tui.tabulation.make.versions", lambda problem: changed)
    with pytest.raises(HpobenchError, match=r"begun with numpy .*, now 0\.1"):
        Making(make_plan(CLIFF, 4, 2, 0), made.base)


def test_versions_hold_what_has_a_part_in_the_numbers():
    assert {"hpobench-tui", "python", "ConfigSpace", "numpy", "scipy", "torch"} == set(
        versions(problems()["mnist_cnn/lecture-2k"])
    )


def test_names_of_files():
    assert default_name("quintic/sigma-small") == "quintic-sigma-small"
    assert default_name("synthetic/ackley[d=3,noise=0.1]") == "synthetic-ackley-d-3-noise-0.1"


def test_where_tables_are(tmp_path):
    assert base_of(tmp_path, None, "synthetic/ackley[d=3]") == tmp_path / "synthetic-ackley-d-3"
    assert base_of(tmp_path, "mine", "x") == tmp_path / "mine"
    with pytest.raises(HpobenchError, match="--name: use letters"):
        base_of(tmp_path, "../mine", "x")
    with pytest.raises(HpobenchError, match="for the comma"):
        base_of(tmp_path / "a,b", None, "x")

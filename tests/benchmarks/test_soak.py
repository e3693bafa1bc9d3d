"""A soak for a moment; and what is wrong with memory, files and results is found."""

from pathlib import Path
from random import Random

import pytest

from benchmarks.faults import toys as broken
from benchmarks.kills import toys as standing
from benchmarks.kills.scene import differences, plugged_in
from benchmarks.soak import acts, long, plays, toys
from benchmarks.soak.__main__ import Soak, report, soak
from benchmarks.soak.acts import ACTS, Place, Play
from benchmarks.soak.long import Sample
from benchmarks.soak.plays import KINDS, WAYS, Outcome
from factories import change, run_row, store, trial_row


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_twenty_seconds_of_faults(tmp_path: Path) -> None:
    """The same as `python -m benchmarks.soak`, which goes on for half an hour."""
    seed = Random().randrange(10**6)
    print(f"seed of the soak: {seed}")
    with plugged_in(tmp_path / "site", standing, broken, toys):
        found = soak(1 / 3, seed, 2, ["plain", "raises", "continued"], tmp_path / "soak")
    print(report(found))
    memory = [fault for fault in found.faults if "after the warm-up" in fault]  # which takes more than a moment
    assert [fault for fault in found.faults if fault not in memory] == []
    assert found.outcomes
    assert sum(found.acts.values()) > 0
    assert found.lasting is not None
    assert found.lasting.trials > 0


def samples(*megabytes: float, files: int = 10) -> list[Sample]:
    return [Sample(4.0 * number, held, files) for number, held in enumerate(megabytes)]


def test_memory_that_grows_or_shrinks_after_the_warm_up_is_found() -> None:
    assert long.memory([]) == ["its memory was never looked at"]
    assert long.memory(samples(*[30.0] * 4, *[50.0] * 20)) == []
    assert long.memory(samples(*[30.0] * 4, *[50.0] * 10, *[54.9] * 10)) == []
    (line,) = long.memory(samples(*[50.0] * 20, *[55.5] * 4))
    assert line == "its supervisor held 50.0 MB after the warm-up, then 50.0 to 55.5"
    assert long.memory(samples(*[50.0] * 10, *[44.0] * 10))
    assert long.memory(samples(*[50.0] * 10, 80.0, *[50.0] * 10)) == []  # one look is no trend


def test_files_that_stay_open_are_found() -> None:
    assert long.files(samples(*[1.0] * 40)) == []
    growing = [Sample(float(n), 1.0, 10 + n // 4) for n in range(80)]
    (line,) = long.files(growing)
    assert line.startswith("its supervisor had ")


def test_a_report_has_all_that_was_done_and_is_wrong() -> None:
    found = Soak(7, [Outcome("plain", "parts", ["a worker is killed"] * 2, ["trial: 3 rows instead of 4"], 1.0, 2)])
    found.lasting = long.Long(Path(), 1.0, Random(1), samples(*[50.0] * 9), ["it is exported"], ["its store differs"])
    text = report(found)
    assert "| a worker is killed | 2 |" in text
    assert "| plain | 0 | 1 | 0 | 1 |" in text
    assert "WRONG: plain, parts, after a worker is killed, a worker is killed: trial: 3 rows instead of 4" in text
    assert "WRONG: the long experiment: its store differs" in text
    assert "1 experiments, 2 resumes, 3 acts, 2 faults" in found.line()
    assert report(Soak(7)).endswith("WRONG: nothing")


def test_acts_that_end_the_supervisor_are_not_drawn_for_the_long_experiment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(
        acts, "ACTS", {name: acts.Act(lambda play, name=name: done.append(name), act.weight, act.ends)
                       for name, act in ACTS.items()},
    )  # fmt: skip
    play = Play(Place(tmp_path, 0.0), Random(3), ending=False)
    for _ in range(200):
        acts.one(play)
    assert set(done) == {name for name, act in ACTS.items() if not act.ends}
    free = Play(Place(tmp_path, 0.0), Random(3))
    drawn = {acts.one(free) for _ in range(400)}
    assert drawn == set(ACTS)


def test_kinds_are_experiments_and_ways_are_drawn(tmp_path: Path) -> None:
    with plugged_in(tmp_path / "site", standing, broken, toys):
        for kind in KINDS:
            made = plays.experiment(kind, tmp_path)
            assert made.repetitions >= 2, kind  # or there would be no parts
            assert len(made.runs()) >= 2
    assert set(WAYS) == {"whole", "parts", "extended"}


def test_runs_are_compared_by_name_and_reasons_by_their_first_line(tmp_path: Path) -> None:
    one = [run_row(0, label="a", trials=1, spent=1), run_row(1, label="b", trials=1, spent=1)]
    other = [run_row(0, label="b", trials=1, spent=1), run_row(1, label="a", trials=1, spent=1)]
    for name, runs in (("one", one), ("other", other)):
        reason = f"ValueError: no\n  File /{name}/mine.py"
        failed = next(run["id"] for run in runs if run["label"] == "a")
        rows = [trial_row(n, 0, **({"loss": None, "status": "failed", "error": reason} if n == failed else {}))
                for n in (0, 1)]  # fmt: skip
        store(tmp_path / name, runs, rows).close()
    found, expected = plays.canonical(tmp_path / "one"), plays.canonical(tmp_path / "other")
    assert differences(found, expected) == []
    change(tmp_path / "one", "UPDATE trial SET error = 'ValueError: another' WHERE error IS NOT NULL")
    assert differences(plays.canonical(tmp_path / "one"), expected)

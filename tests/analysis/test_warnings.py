"""What stands under tables: the log's warnings, shortened and bounded; and which runs are of which code."""

import json
from pathlib import Path

from factories import run_of, run_row, store
from hpobench_tui.analysis import warnings
from hpobench_tui.core.identity import Identity
from hpobench_tui.export import bundle
from hpobench_tui.store.reader import EventRow


def event(number: int, level: str, message: str) -> EventRow:
    return EventRow(id=number, time=0.0, level=level, run=None, message=message)


def test_alike_lines_are_one_and_errors_come_first() -> None:
    log = [
        event(1, "info", "6 runs to go"),
        event(2, "warning", "stood still for 3 s"),
        event(3, "error", "random on toy/one, repetition 0 failed: ValueError: 3 is no good"),
        event(4, "warning", "stood still for 12 s"),
        event(5, "error", "random on toy/one, repetition 7 failed: ValueError: 4 is no good"),
    ]
    first = "random on toy/one, repetition 0 failed: ValueError: 3 is no good (and 1 more like it)"
    assert warnings.lines(log) == [first, "stood still for 3 s (and 1 more like it)"]
    assert warnings.lines(log, failures=False) == ["stood still for 3 s (and 1 more like it)"]
    assert warnings.lines(log, failures=False, said=["stood still for 3 s"]) == ["stood still for 12 s"]


def test_they_are_short_few_and_in_one_line() -> None:
    log = [event(n, "warning", f"{chr(97 + n)} first\nsecond \x1b[2J" + "x" * 1000) for n in range(20)]
    found = warnings.lines(log)
    assert len(found) == warnings.MOST + 1
    assert found[-1] == "… and 12 more warnings in the log"
    assert all(len(line) <= warnings.LONGEST + 1 and line.isprintable() for line in found)


def test_runs_of_other_code_are_told_by_repetition() -> None:
    was, now = Identity("a" * 32, "mine.py"), Identity("b" * 32, "mine.py")
    manifest = {
        "optimizer mine:C": was.to_cell(),
        "optimizer mine:C, code 2": now.to_cell(),
        "problem x/y": was.to_cell(),
    }
    codes = [None, None, [[2, 12]], [[2, 0]], [[2, 0]], [[2, 0]], [[2, 0], [3, 9]], None, [[2, 0]]]
    runs = [
        run_of(n, optimizer="mine:C", label="big", repetition=n, code=code and json.dumps(code))
        for n, code in enumerate(codes)
    ]
    (line,) = warnings.codes(runs, manifest)
    assert line == (
        "runs of other code (code 2): big on toy/one, repetition 3-6, 8, 2 (from trial 12 on). optimizer mine:C was"
        " code aaaaaaaaaaaa of mine.py; it is code bbbbbbbbbbbb of mine.py. All else is of the code before"
    )
    assert warnings.codes(runs[:2], manifest)[0].startswith("runs of other code (code 2): none yet. ")
    assert warnings.codes(runs, {"optimizer mine:C": was.to_cell()}) == []


def test_of_several_experiments_each_line_says_of_which(tmp_path: Path) -> None:
    events = [("warning", None, "stood still for 3 s"), ("info", None, "finished")]
    one, two = (store(tmp_path / name, [run_row()], events=events) for name in ("one", "two"))
    assert warnings.read(one) == ["stood still for 3 s"]
    assert warnings.read(one, two) == ["one: stood still for 3 s", "two: stood still for 3 s"]


def test_exports_have_them_below_their_tables_escaped(tmp_path: Path) -> None:
    from factories import history

    with store(tmp_path / "x", [run_row()], history(0, [0.5, 0.25])) as reader:
        warned = ["under_score & 100 % [link](http://x)"]
        bundle.export(reader, tmp_path / "to", ["md", "tex"], warnings=warned)
    for name in ("table.tex", "anytime.tex"):
        text = (tmp_path / "to" / name).read_text()
        assert "under\\_score \\& 100 \\%" in text.partition("\\end{tabular}")[2]
    for name in ("table.md", "anytime.md"):
        assert "under\\_score" in (tmp_path / "to" / name).read_text().splitlines()[-1]

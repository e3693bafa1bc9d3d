"""``hpobench watch``: lines and JSON of an experiment that has ended."""

import json
import sys
from pathlib import Path

import pytest

from calls import call
from factories import history, run_row, store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # put back what the program puts around them
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    runs = [run_row(i, label=label, optimizer=label) for i, label in enumerate("ab")]
    runs.append(run_row(2, repetition=1, label="b", optimizer="b", status="failed", error="ValueError: \x1b[2J no"))
    trials = [*history(0, [1.0] * 10), *history(1, [2.0] * 10), *history(2, [0.5] * 10)]
    store(tmp_path / "done", runs, trials, events=[("info", None, "3 runs to go"), ("info", None, "finished")]).close()
    return tmp_path / "done"


def test_lines_tell_the_news_without_colours(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "watch", folder, "--plain") == 1, "a run failed"
    out = capsys.readouterr().out
    assert "finished: a has the lowest median, 1" in out
    assert out.count("b on toy/one, seed 1 failed: ValueError") == 1
    assert out.splitlines()[-1].startswith("finished; 3 of 3 runs ended, 1 failed")
    assert "\x1b" not in out
    assert "\r" not in out


def test_json_is_one_event_a_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "watch", folder, "--json") == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {event["kind"] for event in events[:-1]} >= {"failed", "end"}
    assert (events[-1]["event"], events[-1]["status"], events[-1]["failed"]) == ("ended", "finished", 1)

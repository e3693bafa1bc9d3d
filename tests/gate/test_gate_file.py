"""Baselines as files: equal for equal results, read back as they were, and refused with the place of what is wrong."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.gate import Shape, lognormal, simulated
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.gate import file, sources
from hpobench_tui.gate.baseline import Baseline, OfProblem
from hpobench_tui.gate.check import check

SHAPE = Shape(2, 2, 3, lognormal(0.1), failing=0.3, failing_trials=0.1)


@pytest.fixture
def baseline() -> Baseline:
    return simulated(np.random.default_rng(1), SHAPE, seeds="ab")


@pytest.fixture
def path(baseline: Baseline, tmp_path: Path) -> Path:
    file.write(baseline, tmp_path / "new" / "b.json")
    return tmp_path / "new" / "b.json"


def test_what_is_read_is_what_was_written(baseline: Baseline, path: Path) -> None:
    read = file.read(path)
    assert {place: [file._row(run) for run in own] for place, own in read.runs.items()} == {
        place: [file._row(run) for run in own] for place, own in baseline.runs.items()
    }
    assert read.problems == baseline.problems
    assert check(read, baseline).passed
    assert file.to_text(read) == path.read_text(encoding="utf-8")


def test_the_order_of_runs_changes_nothing(baseline: Baseline) -> None:
    turned = {place: own[::-1] for place, own in reversed(baseline.runs.items())}
    other = Baseline("simulated", {}, {}, dict(reversed(baseline.problems.items())), turned)
    assert file.to_text(other) == file.to_text(baseline)


def test_a_run_is_a_line(baseline: Baseline) -> None:
    lines = file.to_text(baseline).splitlines()
    assert sum(line.startswith("  [") for line in lines) == 2 * 2 * 3


def test_names_of_any_kind_are_kept(baseline: Baseline, tmp_path: Path) -> None:
    problem, label = 'p"\\\n\x1b[2J', "\u202e名 =cmd()"
    runs = {(problem, label): baseline.runs["p/0", "l0"]}
    hostile = Baseline("\x07", {"\n": "\x1b"}, {"\u202e": "x"}, {problem: baseline.problems["p/0"]}, runs)
    file.write(hostile, tmp_path / "b.json")
    assert {*file.read(tmp_path / "b.json").runs} == {(problem, label)}
    text = (tmp_path / "b.json").read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_what_is_no_baseline_is_not_replaced(baseline: Baseline, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    with pytest.raises(HpobenchError, match="is no baseline"):
        file.write(baseline, tmp_path / "other")
    assert (tmp_path / "other").read_text() == "mine"
    file.write(baseline, tmp_path / "other", force=True)
    file.write(baseline, tmp_path / "other")
    assert file.read(tmp_path / "other").runs


def test_where_nothing_can_be_written_that_is_said(baseline: Baseline, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HpobenchError, match="cannot be written"):
        file.write(baseline, tmp_path / "file" / "b.json")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "does not say"),
        ('{"format": "x"}', "does not say"),
        ('{"format": "hpobench baseline", "version": NaN}', "no number of JSON"),
        ('{"format": "hpobench baseline", "version": 2}', "version '2'; this program reads 1"),
        ('{"format": "hpobench baseline", "version": 1}', "problems: must be an object"),
        ("\ud800".encode("utf-8", "surrogatepass"), "no JSON"),
        (r'{"format": "hpobench baseline", "code": {"a": "\ud800"}}', "no JSON .*surrogates not allowed"),
    ],
)
def test_what_cannot_be_one_is_refused(text: str | bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(HpobenchError, match=why):
        file.read(tmp_path / "b.json")


@pytest.mark.parametrize("path", ["nothing.json", "."])
def test_what_cannot_be_read_is_said(path: str, tmp_path: Path) -> None:
    with pytest.raises(HpobenchError, match="cannot be read"):
        file.read(tmp_path / path)


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of every value within."""
    yield at
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in children:
        yield from places(value, (*at, key))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


@given(st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_file_holds_is_read_or_refused(path: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    every = list(places(content))[1:]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.sampled_from(every))
        own = content
        try:
            for key in at[:-1]:
                own = own[key]
            if data.draw(st.booleans()):
                own[at[-1]] = data.draw(ANYTHING)
            else:
                del own[at[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # what was there is gone already
    (tmp_path / "damaged.json").write_text(json.dumps(content), encoding="utf-8")
    with suppress(HpobenchError):
        assert check(sources.of_file(tmp_path / "damaged.json"), sources.of_file(path)).findings


def test_filters_choose_of_a_file(path: Path) -> None:
    from hpobench_tui.analysis.filters import Filters

    assert {*sources.of_file(path, Filters(("p/1",), ("l0",))).runs} == {("p/1", "l0")}
    with pytest.raises(HpobenchError, match="no optimizer is called 'l7'"):
        sources.of_file(path, Filters((), ("l7",)))


@pytest.mark.parametrize("budget", ["0", "-1", "x", "1/0", "2/4", "1e3", "", "9" * 200])
def test_a_budget_is_an_amount(budget: str, baseline: Baseline, tmp_path: Path) -> None:
    own = OfProblem("evaluations", budget, None, "simple regret", 0.0, 0.0)
    file.write(Baseline("x", {}, {}, dict.fromkeys(baseline.problems, own), baseline.runs), tmp_path / "b.json")
    with pytest.raises(HpobenchError, match="budget: must be an amount above 0"):
        file.read(tmp_path / "b.json")

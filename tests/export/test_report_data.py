"""The report's numbers are those that the analysis has; what cannot be worked out says why."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calls import call
from factories import Row, add_landmark, history, run_row, store
from hostile import complaints, hostile_store
from hpobench_tui.analysis.anytime import Band, bands
from hpobench_tui.analysis.audit import audit
from hpobench_tui.analysis.filters import Filters
from hpobench_tui.analysis.importance import importance, read
from hpobench_tui.analysis.selection import by_problem
from hpobench_tui.analysis.union import Union
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.export.report.data import SECTIONS, collected, plain
from hpobench_tui.export.report.thinning import COARSEST, kept, number, thinned, tolerance_for
from hpobench_tui.store.reader import Reader
from report_material import material_of, some_runs


@contextmanager
def collected_from(folder: Path, runs: list[Row], trials: list[Row], **more: Any) -> Iterator[tuple[Any, Reader]]:
    with store(folder, runs, trials, **more) as reader:
        yield collected(material_of(reader)), reader


def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> Any:
    assert call(monkeypatch, *arguments, "--json") in (0, None)
    return json.loads(capsys.readouterr().out)


def test_every_number_is_what_show_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "three"
    with collected_from(folder, *some_runs(("a", "b", "c"), ("toy/one", "toy/two", "toy/three"), 7)) as (data, _):
        pass
    wanted = shown(capsys, monkeypatch, "show", folder, "--everything")
    sections, labels = data["sections"], [each["name"] for each in data["protocol"]["labels"]]
    problems = [each["name"] for each in data["protocol"]["problems"]]
    final = sections["overview"]["final"]
    rows = {(row["problem"], row["label"]): row for row in wanted["final"]}
    assert len(rows) == len(final["problem"]) == 9
    for n, (problem, label) in enumerate(zip(final["problem"], final["label"], strict=True)):
        row = rows[problems[problem], labels[label]]
        for field in ("median", "lower", "upper", "mean", "runs", "finished", "failed", "trials", "spent", "note"):
            assert final[field][n] == row[field], field
    for own, there in zip(sections["overview"]["winners"], wanted["winners"], strict=True):
        assert [labels[place] for place in own["group"]] == there["group"]
        assert (own["n"], own["next_p"], own["alpha"]) == (there["n"], there["next_p"], there["alpha"])
        assert (None if own["problem"] is None else problems[own["problem"]]) == there["problem"]
    averages = {labels[int(place)]: rank for place, rank in sections["overview"]["average_ranks"].items()}
    assert averages == wanted["average_ranks"]
    ranks = sections["differences"]
    assert {labels[n]: r for n, r in zip(ranks["labels"], ranks["ranks"], strict=True)} == wanted["ranks"]["ranks"]
    assert ranks["critical_difference"] == wanted["ranks"]["critical_difference"]
    assert ranks["p"] == wanted["ranks"]["iman_davenport_p"]
    groups = [[labels[ranks["labels"][place]] for place in group] for group in ranks["groups"]]
    assert groups == wanted["ranks"]["groups"]
    for section, there in (("targets", wanted["ecdf"]), ("over_budget", _by_label(wanted["ranks_over_budget"]))):
        found = sections[section]
        at = [found["at"].index(share) for share in (0.125, 0.25, 0.5, 1)]
        for row in there:
            (own,) = (one for one in found["rows"] if labels[one["label"]] == row["label"])
            for name, other in (("y", "share"), ("low", "lower"), ("high", "upper")):
                assert [own[name][n] for n in at] == pytest.approx(row[other], rel=1e-4)
    areas = {labels[one["label"]]: one["aocc"][0] for one in sections["targets"]["rows"]}
    assert areas == pytest.approx({row["label"]: row["aocc"]["value"] for row in wanted["ecdf"]}, rel=1e-4)


def _by_label(found: Any) -> list[dict[str, Any]]:
    names = {"share": "ranks", "lower": "lower", "upper": "upper"}
    return [
        {"label": label} | {name: found[there][n] for name, there in names.items()}
        for n, label in enumerate(found["labels"])
    ]


def unpacked(found: Any, line: Any) -> dict[float, tuple[float, float, float]]:
    """By position (median, lower, upper)."""
    at = np.cumsum(line["at"])
    return {
        found["grid"][place]: (y, low, high)
        for place, y, low, high in zip(at, line["y"], line["low"], line["high"], strict=True)
    }


def test_curves_are_those_of_the_analysis_wherever_one_looks(tmp_path: Path) -> None:
    with store(tmp_path, *some_runs(("a", "b"), ("toy/one", "toy/two"), 5)) as reader:
        material = material_of(reader)
        found = collected(material)["sections"]["curves"]
        for place, runs in enumerate(by_problem(reader.runs()).values()):
            exact = bands(runs, material.curves, Axis.BUDGET, 10**6)
            for band, line in zip(exact, found["problems"][place]["lines"], strict=True):
                points = unpacked(found["problems"][place], line)
                assert len(points) < len(band.grid)
                for n, x in enumerate(band.grid.tolist()):
                    held = points[max(each for each in points if each <= x)]
                    assert held == pytest.approx((band.median[n], band.lower[n], band.upper[n]), rel=5e-5)
                assert line["n"] == 5


def test_importance_failures_audit_and_brackets_are_those_of_the_analysis(tmp_path: Path) -> None:
    runs, trials = some_runs(("a", "b"), ("toy/one",), 5)
    runs[3] |= {"status": "failed", "error": "OSError: full\nthe traceback"}
    plan = json.dumps([[1, [[4, 1], [2, 2]]]])
    for run in runs:
        if run["label"] == "b":
            run |= {"plan": plan, "fidelity": "epochs", "resumable": 1}
    for trial in trials:
        if runs[trial["run"]]["label"] == "b":
            trial |= {
                "bracket": trial["number"] // 6,
                "rung": int(trial["number"] % 6 >= 4),
                "fidelity": 1,
                "target": 1,
            }
    with collected_from(tmp_path, runs, trials) as (data, reader):
        evidence = read(reader, "toy/one")
        wanted = importance(evidence.configurations, evidence.losses, evidence.runs)
        (row,) = data["sections"]["importance"]["rows"]
        assert [(one["name"], one["importance"], one["n"]) for one in row["shares"]] == [
            (one.name, number(one.importance), one.n) for one in wanted.shares
        ]
        assert (row["n"], row["best"]) == (wanted.n, wanted.best)
        failures = data["sections"]["failures"]
        assert [(one["runs"], one["trials"], one["short"], one["whole"]) for one in failures["rows"]] == [
            (1, 0, "OSError: full", "the traceback")
        ]
        assert failures["failed_runs"] == [1]
        (books,) = data["sections"]["audit"]["rows"]
        rows = audit(reader)
        assert books["runs"] == len(rows) == 10
        assert books["hold"] == sum(one.holds for one in rows)
        assert books["hold"] + len(books["broken"]) == 10
        assert not books["sealed"]
        (own,) = data["sections"]["brackets"]["rows"]
        assert (own["label"], own["repetition"], own["unit"]) == (1, 0, "epochs")
        assert [rung["planned"] for rung in own["brackets"][0]["rungs"]] == [4, 2]


@pytest.mark.parametrize(
    ("labels", "problems", "repetitions"), [(1, 1, 1), (1, 3, 4), (17, 1, 2), (60, 2, 1), (2, 40, 1)]
)
def test_any_size_has_all_sections(tmp_path: Path, labels: int, problems: int, repetitions: int) -> None:
    names = [f"label {n}" for n in range(labels)], [f"toy/{n}" for n in range(problems)]
    with collected_from(tmp_path, *some_runs(*names, repetitions, length=12)) as (data, _):
        check(data)
        assert len(data["protocol"]["labels"]) == labels
        alone = labels == 1
        assert (data["sections"]["differences"]["why"] is not None) == alone
        assert (data["sections"]["over_budget"]["why"] is not None) == alone
        assert data["sections"]["targets"]["why"] is None


def check(data: Any) -> None:
    """JSON without NaN; every section says what it is, and has numbers or a reason why not."""
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert list(data["sections"]) == list(SECTIONS)
    for name, section in data["sections"].items():
        assert section["title"], name
        assert section["how"] or section["read"]
        assert section["why"] is None or section["why"].strip()


def all_failed(runs: list[Row], trials: list[Row]) -> None:
    for run in runs:
        run |= {"status": "failed", "error": "RuntimeError: no"}


def no_losses(runs: list[Row], trials: list[Row]) -> None:
    for trial in trials:
        trial |= {"loss": None, "status": "failed", "error": "ValueError: no"}
    for run in runs:
        run["failed_trials"] = run["trials"]


def half_done(runs: list[Row], trials: list[Row]) -> None:
    for run in runs:
        if run["repetition"]:
            run |= {"status": "running"}


def nothing_finished(runs: list[Row], trials: list[Row]) -> None:
    for run in runs:
        run |= {"status": "paused"}


def zero_regret(runs: list[Row], trials: list[Row]) -> None:
    for trial in trials:
        trial |= {"loss": 0.0}


def huge(runs: list[Row], trials: list[Row]) -> None:
    for n, trial in enumerate(trials):
        trial |= {"loss": (1e308, -1e308, 5e-324)[n % 3]}


def negative(runs: list[Row], trials: list[Row]) -> None:
    for trial in trials:
        trial["loss"] -= 3.0


def no_reference(runs: list[Row], trials: list[Row]) -> None:
    for run in runs:
        run |= {"measure": Measure.INCUMBENT.value}


@pytest.mark.parametrize(
    "change", [all_failed, no_losses, half_done, nothing_finished, zero_regret, huge, negative, no_reference]
)
def test_whatever_became_of_it_is_stated(tmp_path: Path, change: Callable[[list[Row], list[Row]], None]) -> None:
    runs, trials = some_runs(("a", "b"), ("toy/one", "toy/two"), 3)
    change(runs, trials)
    with collected_from(tmp_path, runs, trials) as (data, _):
        check(data)
        why = {name: section["why"] for name, section in data["sections"].items()}
        if change in (all_failed, no_losses, nothing_finished):
            assert "finished runs of two optimizers" in why["differences"]
            assert "nobody wins" in " ".join(data["sections"]["overview"]["notes"])
        if change is no_reference:
            assert "toy/one, toy/two" in why["targets"]
            assert {each["reference"] for each in data["protocol"]["problems"]} == {None}
        if change is no_losses:
            assert "too few" in data["sections"]["importance"]["rows"][0]["why"]
            assert data["sections"]["failures"]["rows"][0]["trials"] == len(trials)


def test_a_line_is_left_out_where_there_is_no_value_but_its_row_stays(tmp_path: Path) -> None:
    runs, trials = some_runs(("a", "b"), ("toy/one",), 2)
    for trial in trials:
        if runs[trial["run"]]["label"] == "b":
            trial |= {"loss": None, "status": "failed", "error": "ValueError: no"}
    with collected_from(tmp_path, runs, trials) as (data, _):
        assert [line["label"] for line in data["sections"]["curves"]["problems"][0]["lines"]] == [0]
        assert data["sections"]["overview"]["final"]["median"][1] is None


def test_hostile_texts_are_only_text(tmp_path: Path) -> None:
    with Reader(hostile_store(tmp_path)) as reader:
        data = collected(material_of(reader))
    check(data)
    texts = list(all_texts(data))
    assert any("input{/etc/passwd}" in text for text in texts)
    assert not [said for text in texts for said in complaints(text)]


def all_texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, part in value.items():
                yield name
                yield from all_texts(part)
        case list():
            for part in value:
                yield from all_texts(part)


def test_several_experiments_and_where_they_are_cut(tmp_path: Path) -> None:
    for name in ("before", "after"):
        store(tmp_path / name, *some_runs(("a", "b"), ("toy/one",), 3)).close()
    with Union([tmp_path / "before", tmp_path / "after"], Filters(optimizers=("a",), at=Fraction(8))) as union:
        data = collected(material_of(union))
    check(data)
    said = data["protocol"]
    assert [each["name"] for each in said["labels"]] == ["a@before", "a@after"]
    assert [each["name"] for each in said["experiments"]] == ["before", "after"]
    assert said["notes"][0] == "toy/one: all runs as they stood after 8 of 40 evaluations"
    assert said["runs"] == 6
    (found,) = data["sections"]["curves"]["problems"]
    assert max(found["grid"]) == 8
    assert [(row["runs"], row["name"]) for row in data["sections"]["audit"]["rows"]] == [(3, "before"), (3, "after")]


def test_landmarks_stand_beside_curves(tmp_path: Path) -> None:
    store(tmp_path, [run_row()], history(0, [0.5] * 10)).close()
    add_landmark(tmp_path, "known", 0.25)
    with Reader(tmp_path) as reader:
        (found,) = collected(material_of(reader))["sections"]["curves"]["problems"]
    assert found["marks"] == [["known", 0.25, "a book"]]


def test_only_plain_values_are_let_through() -> None:
    assert plain({"a": (np.float64("inf"), np.int64(3), np.bool_(True), "x\ny\x1b", "\x1bz")}) == {
        "a": [None, 3, True, "x\ny\\x1b", "\\x1bz"]
    }
    with pytest.raises(TypeError, match="no JSON"):
        plain({"a": object()})


def test_a_seed_keeps_all_its_digits_in_a_script() -> None:
    """JavaScript would show 2^63 - 1 as 9223372036854775808."""
    assert plain([2**53 - 1, 2**63 - 1, -(2**60), True]) == [2**53 - 1, "9223372036854775807", str(-(2**60)), True]


@pytest.mark.parametrize("most", [10_000, 400, 100])
def test_thinned_curves_keep_what_they_promise(most: int) -> None:
    rng = np.random.default_rng(0)
    grid = np.arange(1.0, 501.0)
    made = []
    for label in ("falls", "crosses zero", "constant"):
        median = np.sort(10 ** rng.uniform(-9, 3, 500))[::-1] if label == "falls" else np.linspace(-5, 5, 500)
        median = np.full(500, 0.25) if label == "constant" else median
        made.append(Band(label, grid, median, median - np.abs(median) / 2, median * 2, 5))
    tolerance = tolerance_for(made, most)
    assert tolerance == 0 if most == 10_000 else 0 < tolerance <= 2 * COARSEST
    found = thinned(made, tolerance, {"falls": 4, "crosses zero": 0, "constant": 1})
    if tolerance < COARSEST:
        assert sum(len(line["y"]) for line in found["lines"]) <= most  # type: ignore[index, misc, union-attr]
    for band, line in zip(made, found["lines"], strict=True):  # type: ignore[arg-type]
        points = unpacked(found, line)
        assert {1.0, 500.0} <= points.keys()
        for n, x in enumerate(grid.tolist()):
            held = points[max(each for each in points if each <= x)]
            for value, wanted in zip(held, (band.median[n], band.lower[n], band.upper[n]), strict=True):
                assert abs(value - wanted) <= (tolerance + 1e-4) * max(abs(value), abs(wanted))
    assert kept(made[2], tolerance).sum() == 2


def test_numbers_have_five_digits() -> None:
    assert [number(value) for value in (1.234567, -0.0, 123456.7, 1.7976931348623157e308, 1e-310, float("nan"))] == [
        1.2346, 0, 123460, 1.7976931348623157e308, 1e-310, None,
    ]  # fmt: skip

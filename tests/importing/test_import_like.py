"""What we wrote for other tools, read back like the experiment that it is of: the same regrets."""

from pathlib import Path

import pytest

from factories import history, run_row, store
from hpobench_tui.analysis.cut import cut
from hpobench_tui.analysis.measure import simple_regret
from hpobench_tui.analysis.union import Union
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export import bundle
from hpobench_tui.importing import formats
from hpobench_tui.store.reader import Reader
from imports import imported

LOSSES = [9.0, 7.5, 8.0, None, 7.25, 7.5, 3.0, 4.0, 3.5, 2.125]


@pytest.mark.parametrize(("form", "part"), [("coco", "coco"), ("ioh", "ioh"), ("trials", "trials.csv")])
def test_regrets_are_the_same_at_every_evaluation(tmp_path: Path, form: str, part: str) -> None:
    runs = [run_row(i, repetition=i, reference=2.0, tolerance=1e-9, failed_trials=1) for i in range(2)]
    rows = [row for i in range(2) for row in history(i, [loss and loss + i for loss in LOSSES])]
    store(tmp_path / "ours", runs, rows, sealed=True).close()
    with Union([tmp_path / "ours"]) as union:
        made = bundle.export(union, tmp_path / "out", [form])
    assert not made.skipped
    path = tmp_path / "out" / part
    read = list(formats.reader(formats.recognised(path)).runs(path, {}))
    with Reader(tmp_path / "ours") as ours:
        like = {"toy/one": ours.runs()[0]}
        theirs, _ = imported(tmp_path / "theirs", read, like=like)
        with theirs:
            for mine, other in zip(ours.runs(), sorted(theirs.runs(), key=lambda run: run.repetition), strict=True):
                for quanta in range(1, 11):
                    (_, one), (_, two) = cut(ours, mine, quanta), cut(theirs, other, quanta)
                    regrets = [simple_regret(end.incumbent_value, run)[-1] for end, run in ((one, mine), (two, other))]
                    assert regrets[0] == pytest.approx(regrets[1], abs=1e-12)


def test_what_was_not_imported_like_ours_is_told_to_be(tmp_path: Path) -> None:
    store(tmp_path / "ours", [run_row(0, reference=2.0)], history(0, [3.0] * 10), sealed=True).close()
    with Union([tmp_path / "ours"]) as union:
        bundle.export(union, tmp_path / "out", ["coco"])
    path = tmp_path / "out" / "coco"
    imported(tmp_path / "theirs", formats.reader("coco").runs(path, {}))[0].close()
    with pytest.raises(HpobenchError, match=r"has another reference .* Import it anew with --like"):
        Union([tmp_path / "ours", tmp_path / "theirs"])

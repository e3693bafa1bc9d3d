"""Stores of imported runs: costs, sums and incumbents, gaps, names, what is refused."""

import json
from contextlib import closing
from math import inf, isnan, nan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factories import account, history, run_row, store
from hpobench_tui.analysis.cut import cut
from hpobench_tui.analysis.filters import Filters
from hpobench_tui.analysis.measure import values
from hpobench_tui.analysis.union import Union
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.imported import KEY, from_manifest
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.status import RunStatus, TrialStatus
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial
from hpobench_tui.store.reader import Reader
from imports import a_run, imported, trials


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=90))
def test_where_a_run_stood_is_what_its_trials_say(
    tmp_path_factory: pytest.TempPathFactory, losses: list[float]
) -> None:
    reader, _ = imported(tmp_path_factory.mktemp("import"), [a_run(losses, reference=-3.0)])
    with closing(reader):
        assert not reader.faults()
        (run,), progress = reader.runs(), reader.progress(0)
        whole = account(history(0, losses), reference=-3.0)
        assert run.trials == run.spent == run.budget == len(losses)
        assert run.failed_trials == losses.count(None)
        assert progress.number[-1] == len(losses) - 1
        for place, number in enumerate(progress.number.tolist()):
            for name in ("spent", "losses", "regret", "incumbent_value"):
                right = whole[number][name]
                assert getattr(progress, name)[place] == pytest.approx(nan if right is None else right, nan_ok=True)


def test_fidelity_is_charged_by_the_unit(tmp_path: Path) -> None:
    evaluations = [
        ImportedTrial(0, {}, 1.0, fidelity=3),
        ImportedTrial(1, {}, 0.5, fidelity=9, continues=0),
        ImportedTrial(2, {}, None, fidelity=9, status=TrialStatus.FAILED, error="diverged"),
    ]
    spent = {}
    for unit in (Unit.EVALUATIONS, Unit.FIDELITY, Unit.FIDELITY_CONTINUED, Unit.FULL_EVALUATIONS):
        run = ImportedRun("p", "a", evaluations, unit=unit, fidelity="epochs", maximum=9)
        with closing(imported(tmp_path / unit, [run])[0]) as reader:
            (row,) = reader.runs()
            spent[unit] = row.spent, row.quanta_per_unit
            assert reader.trials(0).fidelity.tolist() == [3, 9, 9]
            assert reader.trial_rows(0)[2].error == "diverged"
    assert list(spent.values()) == [(3, 1), (21, 1), (18, 1), (21, 9)]


def test_seconds_are_charged_and_add_up(tmp_path: Path) -> None:
    run = ImportedRun("p", "a", trials([1.0, 2.0], seconds=1.5), unit=Unit.SECONDS)
    with closing(imported(tmp_path, [run])[0]) as reader:
        (row,) = reader.runs()
        assert (row.spent, row.clock) == (3_000_000_000, 3.0)
        assert reader.trials(0).clock_start.tolist() == [0.0, 1.5]
    with pytest.raises(HpobenchError, match="counts seconds, and it has none"):
        imported(tmp_path / "none", [a_run(unit=Unit.SECONDS)])


def gapped(*pairs: tuple[int, float], evaluations: int | None = None, label: str = "a") -> ImportedRun:
    """A run of which some evaluations alone are on record."""
    return ImportedRun(
        "p", label, [ImportedTrial(n, {}, loss) for n, loss in pairs], evaluations=evaluations, reference=0.0
    )


def test_between_those_on_record_nothing_changes_and_sums_are_not_known(tmp_path: Path) -> None:
    reader, written = imported(tmp_path, [gapped((0, 9.0), (7, 4.0), (70, 1.0), evaluations=200)])
    with closing(reader):
        (run,), progress = reader.runs(), reader.progress(0)
        assert (run.trials, run.spent, run.budget, run.status) == (200, 200, 200, RunStatus.DONE)
        assert (progress.number[-1], progress.spent[-1]) == (199, 200)
        assert values(progress, Measure.SIMPLE, run)[-1] == 1.0
        assert np.isnan(values(progress, Measure.CUMULATIVE, run)).all()
        for quanta, best in ((1, 9.0), (7, 9.0), (8, 4.0), (70, 4.0), (71, 1.0), (150, 1.0)):
            row, end = cut(reader, run, quanta)
            assert (row.spent, row.trials, end.incumbent_value[-1]) == (quanta, quanta, best)
    assert "not all evaluations are on record" in "\n".join(written.notes)


def test_a_sum_that_is_not_known_is_said_to_be_that(tmp_path: Path) -> None:
    from hpobench_tui.analysis.final import final_table

    with closing(imported(tmp_path, [gapped((0, 9.0), (7, 4.0))])[0]) as reader:
        (row,) = final_table(reader.runs(), reader.ends(), Measure.CUMULATIVE)
        assert row.median is None
        assert "their sum is not known" in str(row.note)
        (row,) = final_table(reader.runs(), reader.ends(), Measure.SIMPLE)
        assert (row.median, row.optimizer_ms) == (4.0, None)


def test_gaps_are_refused_where_costs_would_be_guessed(tmp_path: Path) -> None:
    some = [ImportedTrial(0, {}, 1.0, fidelity=1), ImportedTrial(2, {}, 1.0, fidelity=1)]
    for number, unit in enumerate((Unit.EVALUATIONS, Unit.FIDELITY)):
        with pytest.raises(HpobenchError, match="evaluation 1 is not on record"):
            imported(tmp_path / str(number), [ImportedRun("p", "a", some, unit=unit, fidelity="epochs", maximum=9)])
    with pytest.raises(HpobenchError, match="comes after 1, or twice"):
        imported(tmp_path / "twice", [ImportedRun("p", "a", [ImportedTrial(1, {}, 1.0), ImportedTrial(1, {}, 1.0)])])


def test_what_is_no_loss_is_a_failure(tmp_path: Path) -> None:
    losses = [nan, inf, -inf, None, 1e308, -1e308, 1e308]
    with closing(imported(tmp_path, [a_run(losses, reference=-1e308)])[0]) as reader:
        (run,) = reader.runs()
        assert run.failed_trials == 4
        assert [row.loss for row in reader.trial_rows(0)] == [None, None, None, None, 1e308, -1e308, 1e308]
        assert reader.trial_rows(0)[0].error == "the loss is nan"
        assert reader.progress(0).incumbent_value[-1] == -1e308
        assert np.isfinite(reader.progress(0).regret).all()


def test_a_run_without_trials_and_one_that_failed_throughout(tmp_path: Path) -> None:
    runs = [a_run([]), a_run([None, None], label="b"), a_run([1.0], label="c")]
    with closing(imported(tmp_path, runs)[0]) as reader:
        empty, failed, good = reader.runs()
        assert (empty.status, empty.error) == (RunStatus.FAILED, "no evaluation of it is on record")
        assert (failed.failed_trials, failed.trials, failed.status) == (2, 2, RunStatus.DONE)
        assert (good.status, good.budget) == (RunStatus.COMPLETE, 2)
    with pytest.raises(HpobenchError, match="there are no runs in"):
        imported(tmp_path / "none", [])


def test_repetitions_are_numbered_and_none_is_there_twice(tmp_path: Path) -> None:
    runs = [a_run(), a_run(repetition=1), a_run(), a_run(repetition=5), a_run(label="b")]
    with closing(imported(tmp_path, runs)[0]) as reader:
        assert [run.repetition for run in reader.runs()] == [0, 1, 2, 5, 0]
        seeds = {(run.repetition, run.problem_seed) for run in reader.runs()}
        assert len(seeds) == 4, "the labels share the problem's seed of a repetition"
    with pytest.raises(HpobenchError, match="repetition 3 of 'a' on 'p' is there twice"):
        imported(tmp_path / "twice", [a_run(repetition=3), a_run(repetition=3)])


@pytest.mark.parametrize(
    "name",
    ["a/B", "a/b", "x" * 60, "日本語", "\u202eabc", "a\nb\x1b[2J", "_ & % < > | =cmd() { } $ \\ # ~ ^ \" '", "\0"],
)
def test_names_are_anybody_s(tmp_path: Path, name: str) -> None:
    with closing(imported(tmp_path, [a_run(problem=name, label=name)])[0]) as reader:
        (run,) = reader.runs()
        assert run.problem == run.label == name.replace("\0", "�")
        assert not reader.faults()


def test_names_are_needed(tmp_path: Path) -> None:
    with pytest.raises(HpobenchError, match="has no problem"):
        imported(tmp_path / "1", [a_run(problem=" ")])
    with pytest.raises(HpobenchError, match="has no label"):
        imported(tmp_path / "2", [a_run(label="")])


def test_it_is_marked(tmp_path: Path) -> None:
    with closing(imported(tmp_path, [a_run()])[0]) as reader:
        assert from_manifest(reader.manifest()) == reader.imported is not None
        assert json.loads(reader.manifest()[KEY])["sources"] == [{"name": "test.csv", "sha256": "0" * 64, "files": 1}]
        assert "cores" not in reader.manifest(), "this machine has nothing to do with it"
        assert reader.runs()[0].optimizer == "imported"
        assert "imported from test.csv (csv)" in reader.events()[0].message


def ours(folder: Path, budget: int = 10, **columns: object) -> Reader:
    """An experiment of ours with a problem that is not described by defaults alone."""
    described = {"problem": "suite/p", "budget": budget, "spent": budget, "reference": -2.0, "tolerance": 1e-3,
                 "label": "mine", **columns}  # fmt: skip
    return store(folder, [run_row(0, **described)], history(0, [5.0] * budget), sealed=True)


def test_like_another_it_stands_beside_it(tmp_path: Path) -> None:
    with closing(ours(tmp_path / "ours")) as mine:
        like = {"suite/p": mine.runs()[0]}
    wishes = {"like": like, "problems": {"p": "suite/p"}, "labels": {"a": "theirs"}}
    reader, written = imported(tmp_path / "theirs", [a_run([4.0] * 9 + [3.0, -9.0])], **wishes)
    reader.close()
    assert "spent beyond the budget" in "\n".join(written.notes)
    with Union([tmp_path / "ours", tmp_path / "theirs"]) as union:
        rows = {run.label: run for run in union.runs()}
        assert rows["theirs"].budget == rows["theirs"].spent == 10
        assert {label: float(union.ends()[run.id].incumbent_value[-1]) for label, run in rows.items()} == {
            "mine": 5.0, "theirs": 3.0,
        }  # fmt: skip
        assert "imported from" in "\n".join(union.notes())
        assert "share no randomness" in "\n".join(union.notes())


def test_losses_keep_their_distance_from_the_reference_that_was_stated(tmp_path: Path) -> None:
    with closing(ours(tmp_path / "ours")) as mine:
        like = {"suite/p": mine.runs()[0]}
    runs = [
        ImportedRun(
            "suite/p",
            "a",
            [ImportedTrial(0, {}, 4.0, 3.0, reports={1: 5.0}), ImportedTrial(1, {}, None)],
            reference=0.0,
        ),
        a_run([4.0], problem="suite/p", label="b", reference=-2.0),
        a_run([4.0], problem="suite/p", label="c"),
    ]
    reader, written = imported(tmp_path / "theirs", runs, like=like)
    with closing(reader):
        assert {run.reference for run in reader.runs()} == {-2.0}
        assert [reader.trial_rows(run)[0].loss for run in range(3)] == [2.0, 4.0, 4.0]
        assert (reader.trial_rows(0)[0].truth, reader.progress(0).incumbent_value[-1]) == (1.0, 1.0)
    assert any(note.startswith("losses on suite/p are moved") for note in written.notes)


def test_without_a_description_budgets_decide_and_a_cut_helps(tmp_path: Path) -> None:
    ours(tmp_path / "ours", reference=0.0, tolerance=0.0, problem="p", measure="incumbent loss").close()
    imported(tmp_path / "theirs", [a_run([4.0] * 5)])[0].close()
    folders = [tmp_path / "ours", tmp_path / "theirs"]
    with pytest.raises(HpobenchError, match="--at 5"):
        Union(folders)
    from fractions import Fraction

    with Union(folders, Filters(at=Fraction(5))) as union:
        assert {run.spent for run in union.runs()} == {5}


def test_what_nothing_is_called_is_refused(tmp_path: Path) -> None:
    with closing(ours(tmp_path / "ours")) as mine:
        like = {"suite/p": mine.runs()[0]}
    with pytest.raises(HpobenchError, match=r"none of its problems .* Did you mean 'suite/p'.*--problem"):
        imported(tmp_path / "1", [a_run()], like=like)
    with pytest.raises(HpobenchError, match="--label: nothing that was read is called 'b'"):
        imported(tmp_path / "2", [a_run()], labels={"b": "c"})
    with pytest.raises(HpobenchError, match="--reference: there is no problem 'q'"):
        imported(tmp_path / "3", [a_run()], references={"q": 1.0})
    with pytest.raises(HpobenchError, match="is the one of the experiment"):
        imported(tmp_path / "4", [a_run(problem="suite/p")], like=like, references={"suite/p": 1.0})
    with pytest.raises(HpobenchError, match="has several references"):
        imported(tmp_path / "5", [a_run(reference=0.0), a_run(reference=1.0)])


def test_regret_needs_a_reference(tmp_path: Path) -> None:
    reader, written = imported(tmp_path / "none", [a_run()])
    with closing(reader):
        assert reader.runs()[0].measure is Measure.INCUMBENT
    assert any(note.startswith("no reference is known of p") for note in written.notes)
    for number, (said, stated, right) in enumerate([({"": 0.5}, None, 0.5), ({"p": 0.5}, 2.0, 0.5), ({}, 0.0, 0.0)]):
        with closing(imported(tmp_path / str(number), [a_run(reference=stated)], references=said)[0]) as reader:
            (run,) = reader.runs()
            assert (run.measure, run.reference) == (Measure.SIMPLE, right)


def test_noise_without_configurations_is_no_mean_of_all(tmp_path: Path) -> None:
    evaluations = [ImportedTrial(n, {}, loss) for n, loss in enumerate([5.0, 1.0, 9.0])]
    with closing(imported(tmp_path, [ImportedRun("p", "a", evaluations, noisy=True)])[0]) as reader:
        assert reader.progress(0).incumbent_value[-1] == 1.0
        assert not isnan(reader.progress(0).regret[-1])


def test_one_problem_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(HpobenchError, match="not of one problem"):
        imported(tmp_path / "1", [a_run(), a_run(label="b", noisy=True)])
    with pytest.raises(HpobenchError, match="count different things"):
        imported(tmp_path / "2", [a_run(), a_run(label="b", unit=Unit.FULL_EVALUATIONS, maximum=9)])


def test_no_half_of_a_store_is_left(tmp_path: Path) -> None:
    with pytest.raises(HpobenchError):
        imported(tmp_path, [a_run(), a_run(unit=Unit.SECONDS)])
    with pytest.raises(HpobenchError, match=r"no store|no experiment|not"):
        Reader(tmp_path)


def test_what_is_said_of_names_stays_in_a_line(tmp_path: Path) -> None:
    reader, written = imported(tmp_path, [a_run(problem="p\n[red]q")])
    with reader:
        assert not any("\n" in note for note in written.notes)
        assert any("p\\n[red]q" in note for note in written.notes)


@pytest.mark.parametrize("noisy", [True, False])
def test_incumbents_are_not_called_exact_where_means_may_lack_evaluations(tmp_path: Path, noisy: bool) -> None:
    reader, written = imported(tmp_path, [a_run(evaluations=9, noisy=noisy)])
    reader.close()
    (said,) = (note for note in written.notes if "not all evaluations" in note)
    assert ("incumbents are exact" in said) is not noisy


def test_a_unit_that_likeness_brings_in_is_told_with_the_way_out(tmp_path: Path) -> None:
    """COCO counts evaluations, and has no fidelities: a problem of ours that counts them cannot be told of it."""
    with store(tmp_path / "ours", [run_row(0, problem="p", unit="fidelity", fidelity="epochs")], []) as mine:
        like = {"p": mine.runs()[0]}
    with pytest.raises(HpobenchError, match=r"counts epochs, and it has none.* without --like, .*'p=NAME'"):
        imported(tmp_path / "no", [a_run()], like=like)

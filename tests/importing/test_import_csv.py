"""Tables: columns, constants, scores, kinds of repetitions, and what is said of a cell that cannot be."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from factories import history, run_row, store
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.export.bundle import export
from hpobench_tui.importing import csv as reader
from hpobench_tui.importing.columns import pairs
from hpobench_tui.importing.contract import ImportedRun
from imports import table

PLAIN = ("problem,label,loss,repetition,number", "p,a,3,0,0", "p,a,2,0,1", "p,b,1,0,0", "p,a,5,1,0")


def runs(path: Path, columns: str = "") -> list[ImportedRun]:
    return list(reader.runs(path, {"columns": columns} if columns else {}))


def losses(found: Sequence[ImportedRun]) -> dict[tuple[str, str, int | None], list[float | None]]:
    return {(run.problem, run.label, run.repetition): [trial.loss for trial in run.trials] for run in found}


def test_a_table_whose_columns_are_called_so(tmp_path: Path) -> None:
    right = {("p", "a", 0): [3.0, 2.0], ("p", "b", 0): [1.0], ("p", "a", 1): [5.0]}
    for delimiter in ",;\t|":
        file = table(tmp_path / "t.csv", *(line.replace(",", delimiter) for line in PLAIN))
        assert losses(runs(file)) == right


def test_rows_in_any_order_with_numbers_from_1(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", "task,method,step,error", "p,a,3,1", "p,b,1,7", "p,a,1,3", "p,a,2,")
    found = runs(file)
    assert losses(found) == {("p", "a", None): [3.0, None, 1.0], ("p", "b", None): [7.0]}
    assert [trial.number for trial in runs(file)[0].trials] == [0, 1, 2]
    assert found[0].notes == ("columns understood as problem=task, label=method, loss=error, number=step",)


def test_scores_constants_and_hyperparameters(tmp_path: Path) -> None:
    file = table(
        tmp_path / "t.csv", "acc,auc,config_lr,config_opt,config_deep,config_n,1-acc", "0.75,0.5,0.1,adam,true,3,9",
        "0.5,0.25,,sgd,false,4,8",
    )  # fmt: skip
    (run,) = runs(
        file, "problem='a, b',label=\"it's\",loss=1-auc,metric:acc=acc,metric:neg=-acc,param:*=config_*,budget=10"
    )
    one, two = run.trials
    assert (run.problem, run.label, run.budget) == ("a, b", "it's", 10.0)
    assert (one.loss, two.loss) == (0.5, 0.75)
    assert one.configuration == {"lr": 0.1, "opt": "adam", "deep": True, "n": 3}
    assert two.configuration == {"opt": "sgd", "deep": False, "n": 4}
    assert one.metrics == {"acc": 0.75, "neg": -0.75}
    assert [trial.loss for trial in runs(file, "problem='p',label='a',loss=1-acc")[0].trials] == [9.0, 8.0]


def test_repetitions_are_small_numbers_or_numbered(tmp_path: Path) -> None:
    for seeds, right in (
        ("0 1 5", [0, 1, 5]),
        ("9999 7 9999999999", [1, 0, 2]),
        ("b a c", [1, 0, 2]),
        ("-1 0 1", [0, 1, 2]),
    ):
        file = table(tmp_path / "t.csv", "problem,label,loss,seed", *(f"p,a,1,{seed}" for seed in seeds.split()))
        assert [run.repetition for run in runs(file)] == right


def test_a_row_a_run(tmp_path: Path) -> None:
    file = table(
        tmp_path / "t.csv", "dataset,method,fold,metric_error,time_train_s,n", "d,a,0,0.2,3.5,100", "d,a,1,0.1,4,100"
    )
    found = runs(file, "evaluations=n")
    assert [run.evaluations for run in found] == [100, 100]
    (trial,) = found[0].trials
    assert (trial.number, trial.loss, trial.seconds) == (99, 0.2, 3.5)


def test_fidelities_clocks_and_status(tmp_path: Path) -> None:
    file = table(
        tmp_path / "t.csv", "problem,label,loss,epochs,at,status,error", "p,a,3,1,1.5,ok,", "p,a,2,9,4.0,STOPPED,",
        'p,a,,9,4.5,crashed,"a\nb"',
    )  # fmt: skip
    (run,) = runs(file, "clock=at,error=error,fidelity_name='epochs'")
    assert (run.unit, run.fidelity, run.maximum) == (Unit.FIDELITY, "epochs", 9)
    found = list(run.trials)
    assert [trial.seconds for trial in found] == [1.5, 2.5, 0.5]
    assert [trial.status for trial in found] == [TrialStatus.DONE, TrialStatus.PRUNED, TrialStatus.FAILED]
    assert found[2].error == "a\nb"


def test_what_is_no_number_of_a_loss_is_a_failed_trial(tmp_path: Path) -> None:
    file = table(
        tmp_path / "t.csv", "problem,label,loss", "p,a,", "p,a,NaN", "p,a,-inf", "p,a,1e999", "p,a,NA", "p,a, 0.5 "
    )
    trials = list(runs(file)[0].trials)
    assert [trial.status for trial in trials] == [TrialStatus.FAILED] * 5 + [TrialStatus.DONE]


@pytest.mark.parametrize(
    ("lines", "columns", "said"),
    [
        (["problem,label,loss", "p,a,1", "p,a,x"], "", "t.csv:3: loss must be a number, not 'x'"),
        (["problem;label;loss", "p;a;1", "p;a;0,5"], "", "t.csv:3: .*A decimal comma"),
        (["problem,label,loss", 'p,"a\nb",1', "p,a,x"], "", "t.csv:4: loss must be a number"),
        (["problem,label,loss,number", "p,a,1,0", "p,a,1,0"], "", "t.csv:3: evaluation 0 of 'a' on 'p' is there twice"),
        (
            ["problem,label,loss,number", "p,a,1,0.5"],
            "",
            "number must be a whole number from 0 to 2\\^53 - 1, not '0.5'",
        ),
        (["problem,label,loss,number", "p,a,1,-1"], "", "number must be a whole number from 0 to 2\\^53 - 1, not '-1'"),
        (["problem,label,loss,seconds", "p,a,1,-1"], "", "seconds must be 0 or more, not '-1'"),
        (["problem,label,loss", "p,,1"], "", "t.csv:2: there is no label"),
        (["problem,label,loss", "p,a,1,2"], "", "t.csv:2: 4 cells, where the header has 3"),
        (["problem,label,loss,x", "p,a,1,", "p,a"], "", "t.csv:3: 2 cells, where the header has 4"),
        (["problem,label,loss,loss", "p,a,1,2"], "", "2 columns are called 'loss'"),
        (["problem,label,loss,status", "p,a,1,odd"], "", "t.csv:2: unknown status 'odd'"),
        (["problem,label,loss", "p,a,1"], "unit='hours'", "unknown unit 'hours'"),
        (
            ["task,tool,score", "p,a,1"],
            "",
            "no column is known to say label and loss. .*Its columns: task, tool, score",
        ),
        (["problem,label,loss"], "", "has a header, and no row"),
        (["problem,label,loss", "p,a,1"], "loss=accurcy", "has no column 'accurcy'"),
        (["problem,label,accuracy", "p,a,1"], "loss=1-accurcy", "has no column '1-accurcy'"),
        (["problem,label,loss", "p,a,1"], "los=loss", "unknown key of --columns 'los'. Did you mean 'loss'"),
        (["problem,label,loss", "p,a,1"], "loss=loss,loss=loss", "loss is there twice"),
        (["problem,label,loss", "p,a,1"], "label='a", "a quote ' is not closed"),
        (["problem,label,loss", "p,a,1"], "param:*=c_*", "no column .* is like"),
        (["problem,label,loss,noisy", "p,a,1,perhaps"], "noisy=noisy", "noisy must be true or false"),
        (["problem,label,loss,c", "p,a,1,[1]"], "configuration=c", "t.csv:2: configuration must be a JSON object"),
    ],
)
def test_what_cannot_be_is_said_with_its_line(tmp_path: Path, lines: list[str], columns: str, said: str) -> None:
    file = table(tmp_path / "t.csv", *lines)
    with pytest.raises(HpobenchError, match=f"(?s){said}"):
        [list(run.trials) for run in runs(file, columns)]


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(HpobenchError, match="is empty"):
        runs(tmp_path / "empty.csv")
    (tmp_path / "latin.csv").write_bytes("problem,label,loss\nä,b,1\n".encode("latin-1"))
    with pytest.raises(HpobenchError, match="not in UTF-8"):
        runs(tmp_path / "latin.csv")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(HpobenchError, match="cannot be read as Parquet"):
        runs(tmp_path / "broken.parquet")
    with pytest.raises(HpobenchError, match="is a folder"):
        runs(tmp_path)


def test_a_mark_of_byte_order_and_other_ends_of_lines(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("\ufeffproblem,label,loss\r\np,日本語,1\r\n".encode())
    assert losses(runs(tmp_path / "t.csv")) == {("p", "日本語", None): [1.0]}


@pytest.mark.parametrize(
    "name", ["None", "NA", "", " x ", "a\nb", "=cmd()|'/C calc'!A0", "a;b,c\t", '"q"', "x" * 60, "\u202e"]
)
def test_names_are_what_they_are(tmp_path: Path, name: str) -> None:
    import csv

    with (tmp_path / "t.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("problem", "label", "loss"), ("p", name, 1), ("p", name.swapcase(), 2)])
    if not name:
        with pytest.raises(HpobenchError, match="there is no label"):
            runs(tmp_path / "t.csv")
        return
    assert {run.label for run in runs(tmp_path / "t.csv")} == {name, name.swapcase()}


def test_parquet_is_read_likewise(tmp_path: Path) -> None:
    import polars as pl

    frame = pl.DataFrame(
        {"task": ["p", "p"], "method": ["a", "a"], "error": [0.1 + 0.2, float("nan")], "lr": [1, None]}
    )
    frame.write_parquet(tmp_path / "t.parquet")
    (run,) = runs(tmp_path / "t.parquet", "param:lr=lr")
    one, two = run.trials
    assert (one.loss, one.configuration, two.configuration) == (0.1 + 0.2, {"lr": 1}, {})
    assert two.status is TrialStatus.FAILED


def test_pairs_keep_what_quotes_hold() -> None:
    assert list(pairs("a=b, c='d,e', f=it's")) == [("a", "b"), ("c", "'d,e'"), ("f", "it's")]


def test_a_guess_can_be_forbidden(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", "problem,label,loss,step", "p,a,1,5", "p,a,2,5")
    with pytest.raises(HpobenchError, match="is there twice"):
        runs(file)
    assert losses(runs(file, "number=none")) == {("p", "a", None): [1.0, 2.0]}


def test_a_header_of_any_length(tmp_path: Path) -> None:
    names = [f"a_hyperparameter_with_a_long_name_{n}" for n in range(3000)]
    file = table(
        tmp_path / "t.csv", ",".join(["problem", "label", "loss", *names]), ",".join(["p", "a", "1"] + ["2"] * 3000)
    )
    (run,) = runs(file, "param:*=a_*")
    assert len(next(iter(run.trials)).configuration) == 3000
    with pytest.raises(HpobenchError, match="no header"):
        runs(table(tmp_path / "u.csv", "problem,label,loss," + "x" * 200_000, "p,a,1,2"))


@pytest.mark.parametrize("label", ["=cmd()", "＝1", "a", "'a'", " +1 b"])
def test_our_rows_of_results_have_the_labels_that_they_had(tmp_path: Path, label: str) -> None:
    run = run_row(problem="@toy", label=label, budget=1, spent=1, trials=1)
    with store(tmp_path / "store", [run], history(0, [0.5])) as written:
        export(written, tmp_path / "out", ["rows", "trials"])
    for name in ("result-rows.csv", "trials.csv"):
        ((found, *rest),) = [runs(tmp_path / "out" / name)]
        assert (found.problem, found.label, rest) == ("@toy", label, [])


@pytest.mark.parametrize("noisy", [True, False])
def test_our_trials_say_whether_losses_are_noisy(tmp_path: Path, noisy: bool) -> None:
    """Incumbents of noisy problems are the best means, not the luckiest."""
    run = run_row(budget=1, spent=1, trials=1, noisy=noisy)
    with store(tmp_path / "store", [run], history(0, [0.5])) as written:
        export(written, tmp_path / "out", ["trials"])
    assert [run.noisy for run in runs(tmp_path / "out" / "trials.csv")] == [noisy]


def test_columns_that_are_not_read_are_told(tmp_path: Path) -> None:
    (run,) = runs(table(tmp_path / "t.csv", "problem,label,loss,reference,truth,lr", "p,a,1,0.5,0.75,0.1"))
    assert (run.reference, next(iter(run.trials)).truth) == (0.5, 0.75)
    assert run.notes == ("columns that are not read: lr; --columns says what they are",)

"""Tables of others: what their columns are taken for, and that a replay gives back their rows."""

import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hpobench_suites.tabular import path_of
from hpobench_tui import plugins
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.problem import Report
from hpobench_tui.core.space import dimensions_of
from hpobench_tui.core.tabular import read_space
from hpobench_tui.core.tabular.vectors import Vectors
from hpobench_tui.tabulation.foreign.columns import Role
from hpobench_tui.tabulation.foreign.curves import Choices, Short, Twice
from hpobench_tui.tabulation.foreign.make import Foreign, Wishes, make, understand
from hpobench_tui.tabulation.foreign.reading import names, read, stem
from hpobench_tui.testing.selfcheck import selfcheck

EVERY = Wishes(surrogate=False)


def table(tmp_path: Path, text: str, name: str = "theirs.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def lines(header: str, *rows: object) -> str:
    return "\n".join([header, *(",".join("" if cell is None else str(cell) for cell in row) for row in rows)]) + "\n"  # type: ignore[attr-defined]


def kinds(foreign: Foreign) -> dict[str, str]:
    return {one.name: str(one.kind) for one in foreign.found.hyperparameters}


def problem_of(tmp_path: Path, foreign: Foreign, wishes: Wishes = EVERY, mode: str = "lookup"):  # type: ignore[no-untyped-def]
    make(foreign, tmp_path / "made", wishes, force=True)
    return plugins.load_problem(plugins.problems()[f"tabular/table[file={tmp_path / 'made.json'},mode={mode}]"])


def grid_rows(seeds: int = 3, epochs: int = 4):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(7)
    for rate in (0.001, 0.01, 0.1, 1.0):
        for units in (16, 32, 64):
            for act in ("relu", "tanh"):
                for seed in range(11, 11 + seeds):
                    for epoch in range(1, epochs + 1):
                        yield rate, units, act, seed, epoch, rng.random(), epoch * units * 0.125, rng.integers(100)


HEADER = "rate,units,act,seed,epoch,val_loss,seconds,test_error"


def test_every_row_of_a_grid_comes_back_exactly(tmp_path: Path) -> None:
    rows = list(grid_rows())
    foreign = understand(table(tmp_path, lines(HEADER, *rows)), EVERY)
    assert kinds(foreign) == {"rate": "ord", "units": "ord", "act": "cat"}
    assert foreign.complete
    assert foreign.columns.metrics == ["test_error"]
    problem = problem_of(tmp_path, foreign)
    told: dict[object, dict[int, Report]] = {}
    for seed in range(40):  # which of the trainings is shown, the seed chooses
        training = problem.start({"rate": 0.01, "units": 32, "act": "tanh"}, seed, "cpu")
        reports = {epoch: training.advance(epoch) for epoch in range(1, 5)}
        told[reports[1].loss] = reports
    theirs = [row for row in rows if row[:3] == (0.01, 32, "tanh")]
    assert len(told) == 3
    for *_, seed, epoch, loss, _, test_error in theirs:
        first = next(row[5] for row in theirs if row[3:5] == (seed, 1))
        report = told[first][epoch]
        assert (report.loss, report.metrics["test_error"]) == (loss, test_error)
        assert report.cost == pytest.approx(4.0, abs=1e-12)
        assert report.truth == pytest.approx(np.mean([row[5] for row in theirs if row[4] == 4]), abs=1e-15)


def test_the_reference_is_the_least_mean_and_the_best_configuration_has_it(tmp_path: Path) -> None:
    rows = list(grid_rows())
    foreign = understand(table(tmp_path, lines(HEADER, *rows)), EVERY)
    sidecar = make(foreign, tmp_path / "made", EVERY, force=False)
    full: dict[tuple[object, ...], list[float]] = {}
    for row in rows:
        if row[4] == 4:
            full.setdefault(row[:3], []).append(row[5])
    best = min(full, key=lambda key: np.mean(full[key]))
    assert sidecar["replay"]["lookup"] == pytest.approx(np.mean(full[best]), abs=1e-15)
    assert tuple(sidecar["replay"]["best"].values()) == best
    info = plugins.problems()[f"tabular/table[file={tmp_path / 'made.json'},mode=lookup]"]
    assert info.reference.exact
    assert info.reference.loss == sidecar["replay"]["lookup"]
    assert info.fidelity is not None
    assert (info.fidelity.minimum, info.fidelity.maximum, info.fidelity.step) == (1, 4, 1)
    assert info.targets == tuple(sorted(info.targets, reverse=True))


@pytest.mark.parametrize("mode", ["lookup", "surrogate"])
def test_selfcheck_passes(tmp_path: Path, mode: str) -> None:
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(1)
    rows = [(10 ** rng.uniform(-5, 0), rng.integers(8, 1025), ("adam", "sgd")[k % 2], k) for k in range(24)]
    text = lines(
        "rate,units,optimizer,momentum,loss",
        *((r, u, o, 0.9 + 0.001 * k if o == "sgd" else None, abs(np.log10(r) + 2) + 1 / u) for r, u, o, k in rows),
    )
    wishes = Wishes(surrogate=mode == "surrogate")
    make(understand(table(tmp_path, text), wishes), tmp_path / "made", wishes, force=False)
    info = plugins.problems()[f"tabular/table[file={tmp_path / 'made.json'},mode={mode}]"]
    assert selfcheck(info, draws=300).findings == ()


def test_what_columns_are_is_guessed_by_their_values(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    text = lines(
        ",lr,units,dropout,layers,act,note,constant,accuracy,train_loss",
        *(
            (
                *(k, 10 ** rng.uniform(-6, -1), rng.integers(1, 10_000), rng.uniform(0, 0.5), rng.integers(1, 5)),
                *(rng.choice(["relu", "tanh"]), f"run {k}", 3, rng.random(), rng.random()),
            )
            for k in range(200)
        ),
    )
    foreign = understand(table(tmp_path, text), EVERY)
    assert kinds(foreign) == {"lr": "float-log", "units": "int", "dropout": "float", "layers": "ord", "act": "cat"}
    assert foreign.columns.one(Role.REWARD) == "accuracy"
    assert foreign.columns.metrics == ["train_loss"]
    assert set(foreign.columns.reasons) == {"", "note", "constant"}
    assert foreign.grid.reward == "loss = 1 - accuracy"


def test_tables_of_tools_are_known_by_their_prefixes(tmp_path: Path) -> None:
    optuna = lines(
        "number,value,datetime_start,duration,params_epochs,params_lr,params_score,state",
        *(
            (
                *(k, k * 0.5, f"2024-01-01 00:00:{k % 60:02}", "0 days 00:00:01", 5 + k % 7, 10.0 ** (-k / 30)),
                *(k * k, ("COMPLETE", "PRUNED")[k % 2]),
            )
            for k in range(90)
        ),
    )  # fmt: skip
    foreign = understand(table(tmp_path, optuna), EVERY)
    assert kinds(foreign) == {"params_epochs": "ord", "params_lr": "float-log", "params_score": "int"}
    assert foreign.columns.one(Role.LOSS) == "value"
    assert set(foreign.columns.reasons) == {"number", "datetime_start", "duration", "state"}


def test_our_own_tables_come_back(tmp_path: Path) -> None:
    shipped = path_of("synthetic-mixed").with_suffix(".parquet")
    foreign = understand(shipped, EVERY)
    assert len(foreign.grid.kept) == 256
    assert foreign.columns.metrics == [name for name in pl.read_parquet_schema(shipped) if name.startswith("metric.")]
    problem = problem_of(tmp_path, foreign)
    twin = plugins.load_problem(plugins.problems()["tabular/synthetic-mixed[mode=lookup]"])
    for configuration in foreign.found.configurations.iter_rows(named=True):
        theirs = twin.start({name.removeprefix("hp."): value for name, value in configuration.items()}, 0, "cpu")
        ours = problem.start(configuration, 0, "cpu")
        for fidelity in (1, 9, 27):
            assert ours.advance(fidelity).loss == theirs.advance(fidelity).loss


def test_what_is_said_goes_before_what_is_guessed(tmp_path: Path) -> None:
    path = table(tmp_path, lines("a,b,c,d,y", *((k + 1, k % 3, k % 2, k * k, k * 0.5) for k in range(60))))
    wishes = Wishes(["a:log,b:cat", "c:ord=1<0"], [(Role.REWARD, "y")])
    foreign = understand(path, wishes)
    assert kinds(foreign) == {"a": "int-log", "b": "cat", "c": "ord"}
    assert foreign.found.hyperparameters[2].values == [1, 0]
    assert foreign.columns.reasons == {"d": "not listed"}
    assert foreign.grid.reward == "loss = -y"
    everything = understand(path, Wishes(["a:float,*"], [(Role.LOSS, "y")]))
    assert list(kinds(everything)) == ["a", "b", "c", "d"]
    assert kinds(everything)["a"] == "float"


def test_gaps_that_another_column_explains_are_conditions(tmp_path: Path) -> None:
    rows = [
        (o, m, n, w if o == "sgd" and n == "yes" else None, k * 0.1)
        for k, (o, m, n, w) in enumerate(
            [("adam", None, None, 0), ("sgd", 0.9, "no", 0), ("sgd", 0.8, "yes", 1.5), ("sgd", 0.7, "yes", 2.5)] * 3
        )
    ]
    foreign = understand(table(tmp_path, lines("opt,momentum,nesterov,weight,loss", *rows)), EVERY)
    parents = {one.name: one.parent for one in foreign.found.hyperparameters}
    assert parents == {
        "opt": None,
        "momentum": ("opt", ["sgd"]),
        "nesterov": ("opt", ["sgd"]),
        "weight": ("nesterov", ["yes"]),
    }
    assert dimensions_of(foreign.space).conditions == 3
    problem = problem_of(tmp_path, foreign)
    losses = {problem.start({"opt": "adam"}, seed, "cpu").advance(1).loss for seed in range(30)}
    assert losses == {0.0, 0.4, 0.8}


def test_missing_numbers_without_an_explanation_are_refused_or_left_out(tmp_path: Path) -> None:
    path = table(tmp_path, lines("a,b,loss", (1, 0.5, 1), (1, None, 2), (2, 0.25, 3), (2, None, 4), (3, 0.125, 5)))
    with pytest.raises(HpobenchError, match=r"'b' lacks a value in 2 rows.*row 2.*--drop-missing"):
        understand(path, EVERY)
    foreign = understand(path, Wishes(choices=Choices(drop=True)))
    assert (foreign.found.dropped, len(foreign.grid.kept)) == (2, 3)


def test_missing_text_is_a_choice(tmp_path: Path) -> None:
    foreign = understand(
        table(tmp_path, lines("a,b,loss", (1, "x", 1), (1, None, 2), (2, "x", 3), (2, None, 4))), EVERY
    )
    assert foreign.found.hyperparameters[1].values == ["none", "x"]


def test_repeated_rows_are_trainings_or_averaged(tmp_path: Path) -> None:
    path = table(tmp_path, lines("a,loss", (1, 1.0), (1, 2.0), (2, 5.0), (1, 6.0)))
    foreign = understand(path, EVERY)
    assert foreign.grid.losses[:, :, 0].tolist()[0] == [1.0, 2.0, 6.0]
    assert foreign.means.tolist() == [3.0, 5.0]
    problem = problem_of(tmp_path, foreign)
    assert {problem.start({"a": 2}, seed, "cpu").advance(1).loss for seed in range(9)} == {5.0}
    for twice, first in ((Twice.MEAN, 3.0), (Twice.LAST, 6.0)):
        other = understand(path, Wishes(choices=Choices(twice)))
        assert other.grid.losses[:, :, 0].tolist() == [[first], [5.0]]


def test_the_same_seed_twice_is_refused_unless_it_is_the_same(tmp_path: Path) -> None:
    rows = [(1, 0, 1.0), (1, 0, 2.0), (2, 0, 3.0)]
    with pytest.raises(HpobenchError, match=r"such as 1 and 2. Say --duplicates mean or last"):
        understand(table(tmp_path, lines("a,seed,loss", *rows)), EVERY)
    foreign = understand(table(tmp_path, lines("a,seed,loss", *rows[1:], *rows[1:])), EVERY)
    assert foreign.grid.losses.ravel().tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("short", "kept", "last", "failed"),
    [(Short.HOLD, 3, [3.0, 6.0, 7.0], 0), (Short.DROP, 2, [3.0, 6.0], 0), (Short.FAIL, 3, [3.0, 6.0, np.nan], 1)],
)
def test_curves_with_gaps(tmp_path: Path, short: Short, kept: int, last: list[float], failed: int) -> None:
    rows = [(1, 0, 1.0), (1, 1, 2.0), (1, 3, 3.0), (2, 2, 5.0), (2, 3, 6.0), (3, 0, 8.0), (3, 1, 7.0)]
    wishes = Wishes(["a"], choices=Choices(short=short))
    foreign = understand(table(tmp_path, lines("a,epoch,loss", *rows)), wishes)
    assert foreign.grid.levels == [1, 2, 3, 4], "epochs from 0"
    assert len(foreign.grid.kept) == kept
    np.testing.assert_array_equal(foreign.grid.losses[:, 0, -1], last)
    assert foreign.grid.losses[0, 0].tolist() == [1.0, 2.0, 2.5, 3.0]
    assert foreign.grid.losses[1, 0].tolist() == [5.0, 5.0, 5.0, 6.0]
    assert (foreign.grid.failed_at >= 0).sum() == failed
    problem = problem_of(tmp_path, foreign)
    if failed:
        training = problem.start({"a": 3}, 0, "cpu")
        assert training.advance(2).loss == 7.0
        with pytest.raises(Exception, match="ends here"):
            training.advance(4)


def test_losses_that_are_not_there_are_failures(tmp_path: Path) -> None:
    rows = [(1, 1, 1.0, 2), (1, 2, None, 5), (2, 1, "nan", 1), (2, 2, "inf", 3), (3, 1, 2.0, 1), (3, 2, 1.5, 2)]
    foreign = understand(table(tmp_path, lines("a,epoch,loss,seconds", *rows)), EVERY)
    assert foreign.grid.failed_at.ravel().tolist() == [1, 0, -1]
    training = problem_of(tmp_path, foreign).start({"a": 1}, 0, "cpu")
    assert training.advance(1).cost == 2.0
    with pytest.raises(Exception, match="no loss here") as caught:
        training.advance(2)
    assert caught.value.cost == 3.0  # type: ignore[attr-defined]
    foreign = understand(table(tmp_path, lines("a,epoch,loss,seconds", *rows)), Wishes(choices=Choices(drop=True)))
    assert len(foreign.grid.kept) == 2


def test_seconds_of_each_row_and_trainings_from_scratch(tmp_path: Path) -> None:
    path = table(tmp_path, lines("a,epoch,loss,time", *((a, e, 1.0, 3.0 - e) for a in (1, 2) for e in (1, 2))))
    with pytest.raises(HpobenchError, match=r"--seconds-each.*--from-scratch"):
        understand(path, EVERY)
    each = understand(path, Wishes(choices=Choices(each=True)))
    assert each.grid.seconds[0, 0].tolist() == [2.0, 3.0]
    scratch = understand(path, Wishes(choices=Choices(from_scratch=True)))
    assert scratch.grid.seconds[0, 0].tolist() == [2.0, 2.0]
    assert scratch.grid.fidelity is not None
    assert not scratch.grid.fidelity.resumable


def test_shares_of_the_data_are_counted_in_hundredths(tmp_path: Path) -> None:
    path = table(tmp_path, lines("a,budget,loss", *((a, b, 1.0) for a in (1, 2) for b in (0.1, 0.25, 1.0))))
    foreign = understand(path, EVERY)
    assert foreign.grid.levels == [10, 25, 100]
    assert foreign.grid.fidelity is not None
    assert (foreign.grid.fidelity.name, foreign.grid.fidelity.step) == ("1/100 budget", 5)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".tsv", ".parquet", ".feather", ".jsonl"])
def test_every_format_holds_the_same(tmp_path: Path, suffix: str) -> None:
    frame = pl.DataFrame(
        {
            "x": [0.1, 0.25, None],
            "n": [1, 2, 3],
            "b": [True, False, True],
            "s": ["a b", 'q"', None],
            "loss": [1.5, None, 3.0],
        }
    )
    path = tmp_path / f"t{suffix}"
    if suffix == ".csv.gz":
        path.write_bytes(gzip.compress(frame.write_csv().encode()))
    else:
        write = {".parquet": frame.write_parquet, ".feather": frame.write_ipc, ".jsonl": frame.write_ndjson}
        write.get(suffix, lambda file: frame.write_csv(file, separator="\t" if suffix == ".tsv" else ","))(path)
    found = read(path)
    if "sv" in suffix:
        found = found.with_columns(pl.col("b") == "true")
    assert_frame_equal(found, frame)
    assert names(path) == frame.columns


@pytest.mark.parametrize(
    ("kind", "as_read"),
    [
        *(
            (kind, pl.Int64)
            for kind in (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)
        ),
        *((kind, pl.Float64) for kind in (pl.Float32, pl.Float64, pl.Decimal(10, 2))),
        (pl.Boolean, pl.Boolean),
        *((kind, pl.String) for kind in (pl.String, pl.Categorical, pl.Enum(["0", "1"]))),
    ],
    ids=str,
)
def test_every_type_of_a_column(tmp_path: Path, kind: pl.DataType, as_read: pl.DataType) -> None:
    values = ["0", "1", None] if as_read == pl.String else [0, 1, None]
    pl.DataFrame({"a": pl.Series(values).cast(kind)}).write_parquet(tmp_path / "t.parquet")
    found = read(tmp_path / "t.parquet")["a"]
    assert found.dtype == (pl.Int64 if as_read == pl.String else as_read), "text of numbers is numbers"
    assert found.to_list() == [0, 1, None]


def test_whole_numbers_beyond_64_bits_are_floats(tmp_path: Path) -> None:
    pl.DataFrame({"a": pl.Series([1, 2**64 - 1], dtype=pl.UInt64)}).write_parquet(tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet")["a"].to_list() == [1.0, 2.0**64]


def test_german_separators_and_windows_ends_and_marks(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("\ufeffa;b;loss\r\n1;x y;0,5\r\n2;None;\r\n".encode())
    found = read(path)
    assert found.rows() == [(1, "x y", 0.5), (2, "None", None)]
    assert found.columns == ["a", "b", "loss"]
    path.write_text("a\tloss\n1,5\t1\nx\t2\n")
    assert read(path)["a"].to_list() == ["1,5", "x"]


def test_every_row_of_a_table_with_gaps_comes_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    rows = [row for row in grid_rows() if rng.random() < 0.8]
    foreign = understand(table(tmp_path, lines(HEADER, *rows)), EVERY)
    assert foreign.grid.stand_in is None, "no training is without any row"
    fewer = [row for row in rows if row[3] != 12 or row[2] == "relu"]  # and one seed for half of the configurations
    shuffled = [fewer[place] for place in rng.permutation(len(fewer))]
    foreign = understand(table(tmp_path, lines(HEADER, *shuffled)), EVERY)
    assert foreign.grid.stand_in is not None
    problem = problem_of(tmp_path, foreign)
    for rate, units, act in {row[:3] for row in rows}:
        configuration = {"rate": rate, "units": units, "act": act}
        shown = [
            [training.advance(epoch).loss for epoch in range(1, 5)]
            for training in (problem.start(configuration, seed, "cpu") for seed in range(40))
        ]
        ours = {(epoch, loss) for curve in shown for epoch, loss in enumerate(curve, start=1)}
        theirs = {(row[4], row[5]) for row in fewer if row[:3] == (rate, units, act)}
        assert theirs <= ours
        assert len({tuple(curve) for curve in shown}) == len({row[3] for row in fewer if row[:3] == (rate, units, act)})


def test_vectors_by_column_are_those_by_row(tmp_path: Path) -> None:
    foreign = understand(table(tmp_path, lines(HEADER, *grid_rows())), EVERY)
    sidecar = make(foreign, tmp_path / "made", EVERY, force=False)
    vectors = Vectors(read_space(sidecar["space"]))
    rows = [{k: v for k, v in row.items() if v is not None} for row in foreign.found.configurations.to_dicts()]
    with np.load(tmp_path / "made.npz") as stored:
        np.testing.assert_array_equal(stored["features"], vectors.rows(rows))


@pytest.mark.parametrize("count", [100, 5000])
def test_near_configurations_are_told_apart(tmp_path: Path, count: int) -> None:
    """Steps of 1e-11 of the range: their squares are far below the round-off of squared distances."""
    rows = [(0.25 + k * 1e-11, 0.0, k) for k in range(count)]
    text = lines("x,y,loss", *rows, (0.0, 1.0, 1e9), (1.0, 1.0, 1e9))
    problem = problem_of(tmp_path, understand(table(tmp_path, text), Wishes(["x:float,y:float"], surrogate=False)))
    for k in (0, 1, count // 2, count - 1):
        assert problem.start({"x": rows[k][0], "y": 0.0}, 0, "cpu").advance(1).loss == k


@pytest.mark.parametrize(
    ("text", "wishes", "message"),
    [
        ("a,loss\n", {}, "has no rows"),
        ("a,loss\n1,2\n", {}, "no column is a hyperparameter; say which are with --columns; 'a': it has one value"),
        ("a,loss\n1,2\n1,3\n", {"listed": ["a"]}, "one configuration"),
        ("a,b\n1,2\n2,3\n", {}, "say --loss or --reward: 'a', 'b'"),
        ("a,loss,error\n1,2,2\n2,3,2\n", {}, "'loss', 'error' may each be the loss"),
        ("a,loss\n1,2\n2,3\n", {"listed": ["b"]}, "unknown column 'b'. Valid: a, loss"),
        ("a,loss\n1,2\n2,3\n", {"listed": ["a:lin"]}, "unknown kind of column 'a': 'lin'"),
        ("a,loss\n1,2\n2,3\n", {"roles": [(Role.LOSS, "los")]}, "unknown column 'los'. Did you mean 'loss'"),
        ("a,loss\n1,2\n2,3\n", {"listed": ["a:log"], "roles": [(Role.SEED, "a")]}, "cannot be a hyperparameter"),
        ("a,loss\n1,x\n2,3\n", {"roles": [(Role.LOSS, "loss")]}, "'loss' must be numbers, and in row 1 it is 'x'"),
        ("a,loss\nx,1\n2,3\n", {"listed": ["a:log"]}, "'a' must be numbers, and in row 1 it is 'x'"),
        ("a,loss\n1,\n2,nan\n", {"roles": [(Role.LOSS, "loss")]}, "'loss' has no values"),
        ("a,loss\n0,1\n2,3\n", {"listed": ["a:log"]}, "'a' cannot be logarithmic: its least value is 0"),
        ("a,loss\n0.5,1\n2,3\n", {"listed": ["a:int"]}, "'a' must be whole numbers, and in row 1 it is 0.5"),
        ("a,loss\nS,1\nM,3\n", {"listed": ["a:ord=S<L"]}, "'a' has no value 'L'"),
        ("a,loss\nS,1\nM,3\n", {"listed": ["a:ord=S"]}, "lacks M"),
        ("a,loss\nS,1\nM,3\n", {"listed": ["a:cat=S<M"]}, "only an ordinal"),
        ("a,a,loss\n1,1,1\n", {}, "two columns are called 'a'"),
        ("a,epoch,loss\n1,-1,1\n2,1,2\n", {}, "fidelity, must be from 0"),
        ("a,epoch,loss\n1,1.5,1\n2,1,2\n", {}, "must be whole numbers"),
        ("a,epoch,loss\n1,,1\n2,1,2\n", {}, "lacks a value"),
        ("a,loss,time\n1,1,-1\n2,1,2\n", {}, "seconds must not be negative"),
        ("a,loss,time\n1,1,1\n2,1,1e300\n", {}, "seconds must be 1e+12 at most"),
        ("loss\n1\n2\n", {}, "no column is a hyperparameter"),
        ("a,loss\n1,2\n2,diverged\n", {}, "'loss' must be numbers, and in row 2 it is 'diverged'"),
        ("a,loss\n1,\n2,\n", {}, "'loss' has no values"),
        ("a,epoch,loss\n1,1,1\n2,1e300,2\n", {}, "and has 1e+300"),
    ],
    ids=lambda value: None,
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path: Path, text: str, wishes: dict[str, object], message: str) -> None:
    with pytest.raises(HpobenchError) as caught:
        understand(table(tmp_path, text), Wishes(**wishes))  # type: ignore[arg-type]
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "cannot be read as .csv"),
        ("t.csv", b"a,loss\n\xff\xfe,1\n", "cannot be read as .csv .*Save it as UTF-8"),
        ("t.csv", b"a,loss\n1,2,3,4\n", "cannot be read as .csv"),
        ("t.parquet", b"PAR1 nothing", "cannot be read as .parquet"),
        ("t.jsonl", b"{", "cannot be read as .jsonl"),
        ("t.xlsx", b"PK", "its ending does not say"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(HpobenchError, match=message):
        read(tmp_path / name)


def test_lists_in_cells_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps({"a": [1, k], "b": k, "loss": k}) + "\n" for k in range(4)))
    with pytest.raises(HpobenchError, match="'a' holds values of type List"):
        understand(path, Wishes(["a", "b"]))
    assert kinds(understand(path, Wishes(["b"]))) == {"b": "ord"}


@pytest.mark.parametrize("name", ["len", "gone", "value", "configuration", "row", "level", "training", "kinds"])
def test_columns_may_be_called_as_ours_are(tmp_path: Path, name: str) -> None:
    rows = [(("" if k % 2 else k * 0.37), k % 2, k * 0.1) for k in range(8)]
    foreign = understand(table(tmp_path, lines(f"x,{name},loss", *rows)), Wishes([f"x,{name}"]))
    assert foreign.found.hyperparameters[0].parent == (name, [0])


@pytest.mark.parametrize("name", ["*", "^x$"])
def test_columns_called_as_patterns_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(HpobenchError, match="rename it"):
        read(table(tmp_path, lines(f"x,{name},loss", (1, 2, 3), (2, 3, 4))))


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".feather", ".jsonl"])
def test_names_of_files_are_no_patterns(tmp_path: Path, suffix: str) -> None:
    frame, path = pl.DataFrame({"x": [1, 2], "loss": [3, 4]}), tmp_path / f"run[1]*{suffix}"
    write = {".csv": "write_csv", ".parquet": "write_parquet", ".feather": "write_ipc", ".jsonl": "write_ndjson"}[
        suffix
    ]
    getattr(frame, write)(path)
    assert_frame_equal(read(path), frame)
    assert names(path) == ["x", "loss"]


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    assert read(table(tmp_path, "x,loss\n1,2\n\n2,3\n\n\n")).rows() == [(1, 2), (2, 3)]


def test_a_quoted_separator_is_none(tmp_path: Path) -> None:
    assert read(table(tmp_path, '"a,b,c";loss\n1;2\n')).columns == ["a,b,c", "loss"]


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_structures_are_columns(tmp_path: Path, suffix: str) -> None:
    rows = [{"config": {"lr": k * 0.3, "net": {"units": k}}, "loss": float(k)} for k in range(3)]
    path = tmp_path / f"t{suffix}"
    pl.DataFrame(rows).write_ndjson(path) if suffix == ".jsonl" else pl.DataFrame(rows).write_parquet(path)
    assert read(path).to_dict(as_series=False) == {
        "loss": [0, 1, 2], "config.lr": [0.0, 0.3, 0.6], "config.net.units": [0, 1, 2]
    }  # fmt: skip
    assert names(path) == ["loss", "config.lr", "config.net.units"]
    path = table(tmp_path, '{"a": {"b": 1}, "a.b": 2}\n', "twice.jsonl")
    with pytest.raises(HpobenchError, match=r"two columns are called 'a\.b'"):
        read(path)


def test_json_lines_may_hold_no_numbers(tmp_path: Path) -> None:
    path = table(tmp_path, '{"x": 1, "loss": NaN}\n\n{"x": "2", "loss": 0.5}\n{"loss": -Infinity}\n', "t.jsonl")
    assert read(path).rows() == [(1, None), (2, 0.5), (None, None)]


def test_losses_and_seconds_beyond_reason(tmp_path: Path) -> None:
    rows = [(k // 2, k % 2, 1.7e308 if k > 3 else 1.0 + k) for k in range(12)]
    foreign = understand(table(tmp_path, lines("x,seed,loss", *rows)), EVERY)
    assert "8 rows are beyond ±1e+150, which is as good as no loss" in foreign.grid.notes
    assert (foreign.grid.failed_at >= 0).sum() == 8
    problem_of(tmp_path, foreign)
    with pytest.raises(HpobenchError, match=r"seconds must be 1e\+12 at most, and are 1e\+300"):
        understand(table(tmp_path, lines("x,loss,seconds", (1, 2, 1e300), (2, 3, 1))), EVERY)


@pytest.mark.parametrize(("first", "step"), [(1e300, 1e299), (-1.5e308, 2e307), (9**17, 3), (-(2**63), 2**60)])
def test_ranges_beyond_what_spaces_hold_are_refused(tmp_path: Path, first: float, step: float) -> None:
    path = table(tmp_path, lines("x,y,loss", *((first + k * step, k % 2, k) for k in range(9))))
    with pytest.raises(HpobenchError, match=r"'x' reaches from .* Is it a choice \(x:cat\)"):
        understand(path, EVERY)
    foreign = understand(path, Wishes(["x:cat,y"], surrogate=False))
    problem = problem_of(tmp_path, foreign)
    x = foreign.found.hyperparameters[0].values[2]
    assert problem.start({"x": x, "y": 0}, 0, "cpu").advance(1).loss == 2


def test_levels_that_no_loss_is_left_of_are_none(tmp_path: Path) -> None:
    rows = [(x, epoch, "" if epoch == 3 else x + epoch) for x in range(3) for epoch in (1, 2, 3)]
    path = table(tmp_path, lines("x,epoch,loss", *rows))
    assert understand(path, Wishes(choices=Choices(drop=True))).grid.levels == [1, 2]
    with pytest.raises(HpobenchError, match="no training has a loss at its end"):
        understand(path, EVERY)


def test_rows_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    text = lines("x,seed,loss,seconds", (1, 0, 1, 1), (1, 0, 1, 1), (2, 0, 5, 1), (2, 0, 5, 2))
    with pytest.raises(HpobenchError, match=r"2 rows are of the same .* and differ, such as 3 and 4"):
        understand(table(tmp_path, text), EVERY)


def test_names_without_endings() -> None:
    assert stem(Path("a/run1.0.csv.gz")) == "run1.0"
    assert stem(Path("results.PARQUET")) == "results"

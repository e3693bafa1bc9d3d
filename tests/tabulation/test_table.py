"""What is written is what was trained; part files survive what cuts them short."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("polars")

import polars as pl

from hpobench_tui.core import HpobenchError
from hpobench_tui.core.space import validator
from hpobench_tui.core.tabular import read_space
from hpobench_tui.plugins import load_problem, problems
from hpobench_tui.tabulation import table
from hpobench_tui.tabulation.journal import Contents, Journal
from hpobench_tui.tabulation.make import identity_of
from tables import CLIFF, EDGE, ODD, made_table


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return made_table(tmp_path_factory.mktemp("table") / "cliff", CLIFF, 9, 2)


def test_every_report_is_a_row(made):
    frame = pl.read_parquet(made.base.with_suffix(".parquet"))
    for (i, k), record in made.contents.records.items():
        own = frame.filter((pl.col("configuration") == i) & (pl.col("seed") == k))
        assert own["fidelity"].to_list() == list(range(1, 5 if record.error is None else 4))
        shown = {name: own[f"hp.{name}"][0] for name in ("x", "kind", "depth", "size")}
        assert {name: value for name, value in shown.items() if value is not None} == record.values
        good = own.filter(pl.col("error").is_null())
        assert good["loss"].to_list() == [row.loss for row in record.rows]
        assert good["metric.doubled"].to_list() == [2.0 * row.loss for row in record.rows]
        assert (np.diff(good["cpu_seconds"].to_list()) >= 0.0).all()


def test_a_failed_training_is_a_row_with_its_reason(made):
    frame = pl.read_parquet(made.base.with_suffix(".parquet"))
    failed = frame.filter(pl.col("error").is_not_null())
    over = {i for i, c in enumerate(made.plan.configurations) if c["x"] > EDGE}
    assert over, "the sample must have some"
    assert set(failed["configuration"].to_list()) == over
    assert failed["fidelity"].to_list() == [3] * (2 * len(over))
    assert failed["loss"].null_count() == len(failed)
    assert failed["error"][0].startswith("ArithmeticError: over the edge")
    assert made.sidecar["failed"] == 2 * len(over)


def test_reading_gives_back_what_was_written(made):
    found = table.read(made.base)
    assert found == made.contents
    assert found.identity.difference(identity_of(made.plan)) is None


def test_values_of_every_kind_are_read_as_they_were(tmp_path):
    """None, tuples and values of several types, from a finished table, a part file and by its replay."""
    made = made_table(tmp_path / "odd", ODD, 40, 1)
    assert table.read(made.base) == made.contents
    assert {type(r.values["a"]) for r in made.contents.records.values()} == {int, str, type(None), tuple, bool}
    journal = Journal(tmp_path / "odd.part.jsonl")
    journal.begin(made.contents.identity)
    for record in made.contents.records.values():
        journal.record(record)
    assert journal.read() == Contents(made.contents.identity, [], made.contents.records)
    journal.close()
    for mode in ("lookup", "surrogate"):
        problem = load_problem(problems()[f"tabular/table[file={made.json},mode={mode}]"])
        for i in range(40):
            configuration = made.contents.records[i, 0].values
            assert validator(problem.space())(configuration) is None
            loss = problem.start(configuration, 0, "cpu").advance(1).loss
            assert mode == "surrogate" or loss == made.contents.records[i, 0].rows[-1].loss


def test_every_space_survives_json():
    for info in problems():
        if info.suite in ("synthetic", "bandits"):
            space = load_problem(info).space()
            written = space.to_serialized_dict()
            again = read_space(json.loads(json.dumps(written)))
            assert again == space, info.id
            assert list(again) == list(space), info.id
            assert read_space(written) == space, "the dictionary is left as it was"


def test_a_damaged_parquet_is_noticed(made, tmp_path):
    for suffix in (".json", ".parquet"):
        (tmp_path / f"cliff{suffix}").write_bytes(made.base.with_suffix(suffix).read_bytes())
    with (tmp_path / "cliff.parquet").open("ab") as file:
        file.write(b"x")
    with pytest.raises(HpobenchError, match="SHA-256 differs"):
        table.read(tmp_path / "cliff")
    (tmp_path / "cliff.json").unlink()
    with pytest.raises(HpobenchError, match=r"lacks cliff\.json"):
        table.read(tmp_path / "cliff")


@pytest.mark.parametrize(("where", "what"), [("name", "other"), (None, None)])
def test_a_sidecar_that_was_edited_is_one_message(where, what, made, tmp_path):
    shutil.copy(made.base.with_suffix(".parquet"), tmp_path)
    said = json.loads(made.json.read_text())
    hyperparameters = said["space"]["hyperparameters"]
    hyperparameters[0] = hyperparameters[0] | {where: what} if where else what
    (tmp_path / "cliff.json").write_text(json.dumps(said))
    with pytest.raises(HpobenchError, match="the table cannot be read"):
        table.read(tmp_path / "cliff")


def test_the_part_file_gives_back_what_was_flushed_and_drops_half_a_line(made, tmp_path):
    path = tmp_path / "folder" / "x.part.jsonl"
    journal = Journal(path)
    journal.begin(made.contents.identity)
    journal.session({"command": "a test"})
    for record in made.contents.records.values():
        journal.record(record)
    with pytest.raises(HpobenchError, match="is being written by another"):
        Journal(path)
    journal.close()
    whole = path.read_bytes()
    again = Journal(path)
    assert json.loads(json.dumps(again.read().identity.__dict__)) == json.loads(
        json.dumps(made.contents.identity.__dict__)
    )
    again.close()
    path.write_bytes(whole[:-7])
    cut = Journal(path)
    kept = cut.read()
    assert len(kept.records) == len(made.contents.records) - 1
    last = list(made.contents.records.values())[-1]
    cut.record(last)
    cut.close()
    assert path.read_bytes() == whole
    with path.open("ab") as file:
        file.write('{"configuration": 1, "error": "…'.encode()[:-1])  # cut within a letter
    found = Journal(path)
    assert found.read().records == made.contents.records
    found.close()


def test_letters_that_end_lines_elsewhere_survive(made, tmp_path):
    journal = Journal(tmp_path / "x.part.jsonl")
    journal.begin(made.contents.identity)
    record = replace(made.contents.records[0, 0], error="a\u2028b\x85c\udc80", failed_at=1)
    journal.record(record)
    assert journal.read().records[0, 0] == record
    journal.close()


@pytest.mark.parametrize("content", [b'{"something": "else"}\n', b'"text"\n', b"\xff\n"])
def test_what_is_no_part_file_is_refused_and_stays(content, tmp_path):
    path = tmp_path / "x.part.jsonl"
    path.write_bytes(content)
    journal = Journal(path)
    with pytest.raises(HpobenchError, match="is no part file"):
        journal.read()
    journal.close()
    assert path.read_bytes() == content


def test_identities_differ_in_words(made):
    mine = made.contents.identity
    assert "numpy" in mine.difference(replace(mine, versions=mine.versions | {"numpy": "0.1"}))
    assert "sample seed is 0, not 7" in mine.difference(replace(mine, sample_seed=7))
    assert "other fidelities" in mine.difference(replace(mine, levels=[1, 2]))
    assert Contents(mine).identity.difference(mine) is None

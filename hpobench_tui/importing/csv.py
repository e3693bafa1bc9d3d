"""Tables of results: CSV with any delimiter, or Parquet; a row an evaluation, or a row a run.

Which column says what, ``importing.columns`` lists. Our own ``trials.csv`` needs no telling.
"""

import csv
from collections.abc import Iterator, Mapping
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench_tui.core.budget import Unit
from hpobench_tui.core.configuration import from_json
from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.nearest import shown, some
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.executors.probe import fatal
from hpobench_tui.importing.columns import OF_RUNS, Understood, understood
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial
from hpobench_tui.importing.own import unquoted

if TYPE_CHECKING:
    import polars as pl

DESCRIPTION = "a table of results (.csv, .tsv, .txt, .parquet): a row an evaluation, or a row a run"
ENDINGS = (".csv", ".tsv", ".txt", ".parquet")
PARQUET = b"PAR1"
DELIMITERS = ",;\t|"
MISSING = ("", "na", "n/a", "null", "none")
"""Instead of a number, in any case."""
PIECE = 50_000
SMALL = 1000
"""Repetitions below are taken as they are."""
STATUSES = {
    **{status.value: status for status in TrialStatus},
    **dict.fromkeys(("ok", "success", "complete", "completed", "finished", "true"), TrialStatus.DONE),
    **dict.fromkeys(
        ("fail", "failure", "crashed", "crash", "error", "timeout", "memout", "diverged", "false"), TrialStatus.FAILED
    ),
    **dict.fromkeys(("stopped", "early-stopped", "terminated"), TrialStatus.PRUNED),
}
WHOLE = ("number", "evaluations", "fidelity", "continues", "minimum", "maximum")
REAL = ("loss", "truth", "seconds", "clock", "budget", "reference")
FLAGS = {"0": False, "1": True, "false": False, "true": True}
_ROW = "\0row"
_KEYS = "\0problem", "\0label", "\0repetition"


def recognises(path: Path) -> bool:
    """Whether its name ends like one."""
    return path.is_file() and path.suffix.lower() in ENDINGS


def runs(path: Path, options: Mapping[str, str]) -> Iterator[ImportedRun]:
    """The runs of a table, in the order in which they begin.

    Args:
        options: ``columns``, as ``--columns`` has it.

    Raises:
        HpobenchError: it cannot be read: in which line, and why.
    """
    if path.is_dir():
        raise HpobenchError(f"{path} is a folder; name the files in it.")
    yield from _Table(path, options.get("columns", "")).runs()


class _Table:
    """A table whose columns are called as their keys."""

    def __init__(self, path: Path, asked: str) -> None:
        self._path = path
        with path.open("rb") as stream:
            self._parquet = stream.read(len(PARQUET)) == PARQUET
        header = self._parquet_header() if self._parquet else self._csv_header()
        self._told: Understood = understood(header, asked, path.name)
        self._notes: tuple[str, ...] = ()
        if self._told.guessed:
            self._notes = (f"columns understood as {self._told.guessed}",)
        if self._told.unused:
            self._notes += (f"columns that are not read: {some(self._told.unused)}; --columns says what they are",)
        for name in {cells.column for cells in self._told.cells.values() if cells.column}:
            if header.count(name) > 1:
                raise HpobenchError(f"{path}: {header.count(name)} columns are called {shown(name)}.")
        self._frame = self._read(header)

    def _csv_header(self) -> list[str]:
        found = []
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as stream:
                for each in DELIMITERS:
                    stream.seek(0)
                    found.append(next(csv.reader(stream, delimiter=each), []))
        except UnicodeDecodeError as error:
            raise HpobenchError(f"{self._path} is not in UTF-8: {error.reason} at byte {error.start}.") from error
        except csv.Error as error:
            raise HpobenchError(f"{self._path}: its first line is no header: {error}.") from error
        widest = max(found, key=len)
        if not any(map(str.strip, widest)):
            raise HpobenchError(f"{self._path} is empty, or its first line is; that must name the columns.")
        self._delimiter = DELIMITERS[found.index(widest)]
        return widest

    def _parquet_header(self) -> list[str]:
        import polars as pl

        try:
            if said := fatal("polars:read_parquet", str(self._path.resolve())):
                raise OSError(said)
            return list(pl.read_parquet_schema(self._path))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise HpobenchError(f"{self._path} cannot be read as Parquet: {error}.") from error

    def _read(self, header: list[str]) -> "pl.DataFrame":
        """The columns that are asked for, as texts, by key; with the number of the row."""
        import polars as pl

        columns = {key: cells.column for key, cells in self._told.cells.items() if cells.column is not None}
        try:
            if self._parquet:
                raw = pl.read_parquet(self._path, columns=list(dict.fromkeys(columns.values())))
                raw = raw.select(pl.all().cast(pl.String))
            else:
                # named by their places: what polars calls a column that is there twice, or has no name, is its own
                raw = pl.read_csv(
                    self._path, separator=self._delimiter, infer_schema=False, encoding="utf8", has_header=False,
                    skip_rows=0, new_columns=[f"{n}" for n in range(len(header))],
                ).slice(1)  # fmt: skip
                places = {name: str(place) for place, name in reversed(list(enumerate(header)))}
                columns = {key: places[name] for key, name in columns.items()}
            if not self._parquet and raw[:, -1].null_count() and (short := self._ragged(len(header))):
                raise HpobenchError(short)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            said = str(error).partition("\n")[0]
            raise HpobenchError(self._ragged(len(header)) or f"{self._path} cannot be read: {said}.") from error
        made = [pl.col(name).alias(key) for key, name in columns.items()]
        same = [pl.lit(cells.text).alias(key) for key, cells in self._told.cells.items() if cells.column is None]
        frame = raw.select(*made, *same) if columns else raw.select(pl.first().alias(_ROW), *same)
        if not len(frame):
            raise HpobenchError(f"{self._path} has a header, and no row.")
        frame = frame.drop(_ROW, strict=False).with_row_index(_ROW)
        for key in frame.columns[1:]:
            if key in REAL or key in WHOLE or key.startswith("metric:"):
                frame = frame.with_columns(self._numbers(frame[key], key))
            elif key.startswith("param:"):
                frame = frame.with_columns(_typed(frame[key]).alias(key))
        return self._keyed(frame)

    def _ragged(self, width: int) -> str | None:
        """The first line with more or fewer cells than the header, in words."""
        if self._parquet:
            return None
        with suppress(UnicodeDecodeError, csv.Error), self._path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream, delimiter=self._delimiter)
            for cells in rows:
                if cells and len(cells) != width:
                    return f"{self._path}:{rows.line_num}: {len(cells)} cells, where the header has {width}."
        return None

    def _line(self, row: int) -> str:
        """File and line of a row, for complaints."""
        if self._parquet:
            return f"{self._path}, row {row + 1}"
        with self._path.open(encoding="utf-8-sig", newline="", errors="replace") as stream:
            rows = csv.reader(stream, delimiter=self._delimiter)
            for _ in zip(range(row + 2), rows, strict=False):
                pass
            return f"{self._path}:{rows.line_num}"

    def _numbers(self, texts: "pl.Series", key: str) -> "pl.Series":
        """The numbers of a column, null where there is none."""
        import polars as pl

        texts = texts.str.strip_chars()
        missing = texts.is_null() | texts.str.to_lowercase().is_in(MISSING)
        values = texts.cast(pl.Float64, strict=False)
        wrong = values.is_null() & ~missing
        if key in WHOLE:
            wrong |= (values != values.floor()) | (values.abs() >= 2**53) | (values < (0 if key == "number" else -1))
            wrong = wrong.fill_null(False)
        if key in ("seconds", "clock"):
            wrong |= (values < 0).fill_null(False)
        if wrong.any():
            row = int(wrong.arg_max() or 0)
            cell = str(texts[row])
            comma = " A decimal comma? Write a point." if cell.replace(",", ".", 1) != cell and "." not in cell else ""
            valid = (
                "a whole number from 0 to 2^53 - 1"
                if key in WHOLE
                else "0 or more"
                if key in ("seconds", "clock")
                else "a number"
            )
            raise HpobenchError(f"{self._line(row)}: {key} must be {valid}, not {shown(cell)}.{comma}")
        cells = self._told.cells[key]
        if cells.computed:
            values = cells.offset - values
        return values.cast(pl.Int64).alias(key) if key in WHOLE else values.alias(key)

    def _keyed(self, frame: "pl.DataFrame") -> "pl.DataFrame":
        """With what tells runs apart."""
        import polars as pl

        for key, name in zip(_KEYS[:2], ("problem", "label"), strict=True):
            texts = frame[name].fill_null("")
            if (empty := texts.str.strip_chars() == "").any():
                raise HpobenchError(f"{self._line(int(empty.arg_max() or 0))}: there is no {name}.")
            frame = frame.with_columns(texts.alias(key))
        repetition = _repetitions(frame["repetition"]) if "repetition" in frame.columns else pl.lit(-1)
        frame = frame.with_columns(repetition.alias(_KEYS[2]))
        if "number" in frame.columns:
            if (none := frame["number"].is_null()).any():
                raise HpobenchError(f"{self._line(int(none.arg_max() or 0))}: there is no number.")
            first = int(frame["number"].min() == 1)
            frame = frame.with_columns(pl.col("number") - first)
            if first and "continues" in frame.columns:
                frame = frame.with_columns(pl.col("continues") - first)
            twice = frame.select(pl.struct(*_KEYS, "number").is_duplicated()).to_series()
            if twice.any():
                one = frame.filter(twice).row(0, named=True)
                both = frame.filter(*(pl.col(key) == one[key] for key in (*_KEYS, "number")))[_ROW]
                raise HpobenchError(
                    f"{self._line(int(both[1]))}: evaluation {one['number'] + first} of {shown(one[_KEYS[1]])} on"
                    f" {shown(one[_KEYS[0]])} is there twice (also {self._line(int(both[0]))}). Name the column that"
                    " tells repetitions apart: --columns repetition=COLUMN."
                )
        return frame

    def runs(self) -> Iterator[ImportedRun]:
        frame = self._frame.sort("number", maintain_order=True) if "number" in self._frame.columns else self._frame
        for own in sorted(frame.partition_by(*_KEYS, maintain_order=True), key=lambda own: int(own[_ROW].min())):  # type: ignore[arg-type]
            yield self._run(own)

    def _run(self, own: "pl.DataFrame") -> ImportedRun:
        first = {key: _one(own, key) for key in OF_RUNS}
        row = int(own[_ROW][0])
        where, problem, label, repetition = self._line, *(own[key][0] for key in _KEYS)
        has_fidelity = "fidelity" in own.columns and own["fidelity"].is_not_null().any()
        unit = Unit.FIDELITY if has_fidelity else Unit.EVALUATIONS
        if first["unit"]:
            try:
                unit = Unit(first["unit"])
            except ValueError:
                raise HpobenchError(f"{where(row)}: {unknown('unit', first['unit'], list(map(str, Unit)))}") from None
        noisy = str(first["noisy"] or "0").strip().lower()
        if noisy not in FLAGS:
            raise HpobenchError(f"{where(row)}: noisy must be true or false, not {shown(noisy)}.")
        name = str(first["fidelity_name"] or "fidelity")
        return ImportedRun(
            unquoted(problem) if self._told.own else problem,
            unquoted(label) if self._told.own else label,
            self._trials(own, first["evaluations"]),
            None if repetition < 0 else repetition,
            unit,
            first["budget"],
            first["evaluations"],
            name if has_fidelity else None,
            first["minimum"] or 1,
            first["maximum"] or (int(own["fidelity"].max()) if has_fidelity else None),  # type: ignore[arg-type]
            first["reference"],
            FLAGS[noisy],
            self._notes,
        )

    def _trials(self, own: "pl.DataFrame", evaluations: int | None) -> Iterator[ImportedTrial]:
        if evaluations is not None and len(own) == 1 and "number" not in own.columns:
            own = own.with_columns(number=evaluations - 1)  # what the run had come to at its end
        params = {key.removeprefix("param:"): own[key] for key in own.columns if key.startswith("param:")}
        metrics = {key.removeprefix("metric:"): own[key] for key in own.columns if key.startswith("metric:")}
        ended = 0.0
        for start in range(0, len(own), PIECE):
            piece = own.slice(start, PIECE)
            cells = {key: column.to_list() for key, column in piece.to_dict().items() if key in _OF_TRIALS}
            params_cells = {name: column.slice(start, PIECE).to_list() for name, column in params.items()}
            metric_cells = {name: column.slice(start, PIECE).to_list() for name, column in metrics.items()}
            for at, row in enumerate(piece[_ROW].to_list()):
                said: dict[str, Any] = {key: column[at] for key, column in cells.items()}
                seconds = said.get("seconds")
                if (clock := said.get("clock")) is not None:
                    seconds, ended = max(0.0, clock - ended), max(ended, clock)
                configuration = {n: c[at] for n, c in params_cells.items() if c[at] is not None}
                reported = {n: c[at] for n, c in metric_cells.items() if c[at] is not None}
                if said.get("configuration"):
                    configuration = {**self._json(said["configuration"], row, "configuration"), **configuration}
                if said.get("metrics"):
                    reported = {**self._json(said["metrics"], row, "metrics"), **reported}
                loss = said["loss"]
                yield ImportedTrial(
                    said.get("number", start + at), configuration, loss, said.get("truth"), said.get("fidelity"),
                    said.get("continues"), seconds, self._status(said.get("status"), loss, row), reported, {},
                    said.get("error") or None,
                )  # fmt: skip

    def _status(self, text: str | None, loss: float | None, row: int) -> TrialStatus:
        if text is None or not text.strip():
            return TrialStatus.DONE if loss is not None and isfinite(loss) else TrialStatus.FAILED
        if (status := STATUSES.get(text.strip().lower())) is None:
            raise HpobenchError(f"{self._line(row)}: {unknown('status', text, list(STATUSES))}")
        return status

    def _json(self, text: str, row: int, key: str) -> dict[str, Any]:
        try:
            return from_json(text)
        except (ValueError, RecursionError) as error:
            raise HpobenchError(f"{self._line(row)}: {key} must be a JSON object, not {shown(text)}.") from error


_OF_TRIALS = (
    "number",
    "loss",
    "truth",
    "fidelity",
    "continues",
    "seconds",
    "clock",
    "status",
    "error",
    "configuration",
    "metrics",
)


def _one(own: "pl.DataFrame", key: str) -> Any:
    """What all rows of a run say; of several values the largest."""
    if key not in own.columns:
        return None
    values = own[key].drop_nulls()
    return (values.max() if values.dtype.is_numeric() else values[0]) if len(values) else None


def _repetitions(texts: "pl.Series") -> "pl.Series":
    """Whole numbers below 1000 as they are; all else (seeds, names of folds) numbered in their order."""
    import polars as pl

    texts = texts.fill_null("").str.strip_chars()
    numbers = texts.cast(pl.Float64, strict=False)
    whole = not numbers.is_null().any() and bool((numbers == numbers.floor()).all())
    if whole and bool((numbers.is_between(0, SMALL - 1)).all()):
        return numbers.cast(pl.Int64)
    return (numbers if whole else texts).rank("dense").cast(pl.Int64) - 1


def _typed(texts: "pl.Series") -> "pl.Series":
    """Values of a hyperparameter in the narrowest type that all have; null where it is not active."""
    import polars as pl

    texts = texts.set(texts.str.strip_chars() == "", None)
    lower = texts.str.strip_chars().str.to_lowercase()
    if len(texts.drop_nulls()) and lower.drop_nulls().is_in(["true", "false"]).all():
        return lower == "true"
    for kind in (pl.Int64, pl.Float64):
        values = texts.str.strip_chars().cast(kind, strict=False)
        if values.null_count() == texts.null_count() and (kind is pl.Int64 or values.drop_nulls().is_finite().all()):
            return values
    return texts

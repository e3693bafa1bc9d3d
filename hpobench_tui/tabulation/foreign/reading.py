"""A person's file as a frame: CSV and its like (also compressed), Parquet, Arrow, JSON lines.

A structure in cells becomes columns of its own, ``config.lr``.

Text is read as text first. A column is numbers if all that is there are numbers; what people write for "nothing"
(:data:`NOTHING`) is nothing then, and a word among others else: a penalty may be called none.
"""

import json
import re
from pathlib import Path

import polars as pl

from hpobench_tui.core.errors import HpobenchError, too_long
from hpobench_tui.core.nearest import shown
from hpobench_tui.executors.probe import fatal

NOTHING = ("", "na", "n/a", "nan", "-nan", "null", "none", "nil", "?", "-", "inf", "+inf", "-inf", "infinity")
"""In lower case. A loss that is not finite is as good as none."""
SEPARATORS = {".csv": ",;\t|", ".tsv": "\t", ".tab": "\t", ".txt": "\t,;|"}
DECIMAL_COMMA = r"^\s*[+-]?\d+(,\d+)?([eE][+-]?\d+)?\s*$"
"""Numbers as many write them where something else separates columns."""
COMPRESSED = (".gz", ".zst", ".zstd")
LINES = (".jsonl", ".ndjson")
PARQUET, ARROW = (".parquet", ".pq"), (".arrow", ".feather", ".ipc")
BROKEN = (
    pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, TypeError, OverflowError,
    RecursionError,
)  # fmt: skip
"""What reading a file ends in that is damaged. A panic is polars's own, where it trusts what a file says of itself."""
VALID = ".csv, .tsv, .txt (also .gz, .zst), .parquet, .feather or .jsonl"


def read(path: Path) -> pl.DataFrame:
    """All rows: columns of numbers, booleans or text; null where nothing is.

    Raises:
        HpobenchError: there is no such file, it is of another kind, damaged, or has no rows.
    """
    if not path.is_file():
        reason = too_long(path) or ("is a folder" if path.is_dir() else "does not exist")
        raise HpobenchError(f"{shown(str(path))} {reason}. Name a file: {VALID}.")
    kind = _kind(path)
    try:
        if kind in SEPARATORS:
            frame = _separated(path, SEPARATORS[kind])
        elif kind in PARQUET + ARROW:
            if said := fatal(f"{__name__}:binary", str(path)):
                raise ValueError(said)
            frame = binary(path)
        elif kind in LINES:
            frame = _lines(path)
        else:
            raise HpobenchError(f"{shown(path.name)}: its ending does not say what it is; valid are {VALID}.")
    except BROKEN as error:
        reason = " ".join(str(error).partition("\n\n")[0].split())
        hint = " Its first line must be the columns' names, and each other one have as many cells." * (
            kind in SEPARATORS
        )
        if "utf-8" in reason:
            hint = " Save it as UTF-8."
        raise HpobenchError(f"{shown(str(path))} cannot be read as {kind} ({reason}).{hint}") from error
    frame = _flat(frame)
    if odd := [name for name in frame.columns if name == "*" or re.fullmatch(r"\^.*\$", name, re.DOTALL)]:
        raise HpobenchError(f"{shown(path.name)}: a column is called {shown(odd[0])}, as patterns are; rename it.")
    if kind in SEPARATORS:  # blank lines
        frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    if not frame.height:
        raise HpobenchError(f"{shown(str(path))} has no rows.")
    return pl.DataFrame({column.name: _plain(column) for column in frame})


def binary(path: Path | str) -> pl.DataFrame:
    """What a Parquet or Arrow file holds. Some that are damaged take down the process that reads them.

    Raises:
        one of :data:`BROKEN`: it cannot be read.
    """
    path = Path(path)
    if _kind(path) in PARQUET:
        return pl.read_parquet(path, glob=False)
    with path.open("rb") as file:  # a path would be a pattern
        return pl.read_ipc(file)


def names(path: Path) -> list[str]:
    """The columns' names, which the first line or the file's own description tells.

    Raises:
        one of :data:`BROKEN`: they cannot be read.
    """
    kind = _kind(path)
    if kind in SEPARATORS:
        return _header(path, SEPARATORS[kind])[1]
    with path.open("rb") as file:
        if kind in LINES:
            return _flat(pl.read_ndjson(file, n_rows=1)).columns
        schema = pl.read_parquet_schema(file) if kind in PARQUET else pl.read_ipc_schema(file)
    return _flat(pl.DataFrame(schema=schema)).columns


def stem(path: Path) -> str:
    """A file's name without the endings that say what is in it: ``run1.0.csv.gz`` is run1.0."""
    while path.suffix.lower() in COMPRESSED:
        path = path.with_suffix("")
    return path.stem


def _kind(path: Path) -> str:
    """The ending that says what is in a file, compressed or not; in lower case."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _header(path: Path, separators: str) -> tuple[str, list[str]]:
    """The separator, which is the one that the first line has most of, and the names in it."""
    head = pl.read_csv(
        path, has_header=False, infer_schema=False, n_rows=1, separator="\x01", quote_char=None, glob=False
    )
    separator = max(separators, key=re.sub('"[^"]*"', "", str(head.item() if head.height else "")).count)
    line = pl.read_csv(path, has_header=False, infer_schema=False, n_rows=1, separator=separator, glob=False)
    return separator, [name or "" for name in line.row(0)]


def _separated(path: Path, separators: str) -> pl.DataFrame:
    """Text with a line of names on top."""
    separator, found = _header(path, separators)
    if twice := sorted({name for name in found if found.count(name) > 1}):  # also of columns without a name
        raise HpobenchError(f"{shown(path.name)}: two columns are called {shown(twice[0])}; rename one.")
    frame = pl.read_csv(path, infer_schema=False, separator=separator, glob=False)
    if separator == ",":
        return frame
    return frame.with_columns(
        column.str.replace(",", ".", literal=True)
        for column in frame
        if column.str.contains(DECIMAL_COMMA).all() and column.null_count() < len(column)
    )


def _lines(path: Path) -> pl.DataFrame:
    """JSON lines; also with what is no JSON, but that many write: NaN and Infinity."""
    try:
        with path.open("rb") as file:
            return pl.read_ndjson(file, infer_schema_length=None)
    except pl.exceptions.PolarsError:
        text = path.read_text(encoding="utf-8")
        if not re.search(r"\b(NaN|Infinity)\b", text):
            raise
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
        if odd := next((line for line in found if not isinstance(line, dict)), None):
            raise ValueError(f"each line must be an object, not {shown(str(odd))}") from None
        return pl.DataFrame(found, infer_schema_length=None, strict=False)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Structures as columns of their own, ``name.field``.

    Raises:
        HpobenchError: a column is called so already.
    """
    while structures := [name for name, kind in frame.schema.items() if kind == pl.Struct]:
        inner = frame[structures[0]].struct.unnest()
        inner = inner.rename({field: f"{structures[0]}.{field}" for field in inner.columns})
        frame = frame.drop(structures[0], strict=True)
        if twice := sorted({*inner.columns} & {*frame.columns}):
            raise HpobenchError(f"two columns are called {shown(twice[0])}; rename one.")
        frame = frame.hstack(inner)
    return frame


def _plain(column: pl.Series) -> pl.Series:
    """As whole numbers, numbers, booleans or text."""
    kind = column.dtype
    if kind == pl.Boolean or kind == pl.Null:
        return column
    if kind.is_integer():
        whole = column.cast(pl.Int64, strict=False)
        return whole if whole.null_count() == column.null_count() else _numbers(column)
    if kind.is_numeric():
        return _numbers(column)
    if kind in (pl.String, pl.Categorical, pl.Enum):
        return _told(column.cast(pl.String).str.strip_chars())
    return column  # dates, lists, structures: refused where they are used


def _numbers(column: pl.Series) -> pl.Series:
    numbers = column.cast(pl.Float64)
    return numbers.set(~numbers.is_finite(), None)


def _told(column: pl.Series) -> pl.Series:
    """Text, as numbers where all of it are."""
    words = column.set(column.str.to_lowercase().is_in(NOTHING), None)
    for kind in (pl.Int64, pl.Float64):
        numbers = words.cast(kind, strict=False)
        if words.null_count() < len(words) and numbers.null_count() == words.null_count():
            return numbers if kind == pl.Int64 else _numbers(numbers)
    return words if words.null_count() == len(words) else column.set(column == "", None)

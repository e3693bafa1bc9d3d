"""Which column of a table says what: ``problem=task,loss=1-accuracy,label='my tool',param:lr=learning_rate``.

===============  ===================================================================================================
key              what it says of an evaluation (a row)
===============  ===================================================================================================
problem, label   which problem, which optimizer; needed
loss             lower is better; needed. Empty, NaN or infinite: it failed
truth            the noise-free loss at full fidelity
repetition       which repetition: whole numbers below 1000 as they are, all else (seeds) numbered in order
number           which evaluation of its run, from 0 (or from 1, if none is 0); else rows are in order
evaluations      how many its run had, where a row is what a whole run came to
fidelity         reached, a whole number; ``fidelity_name`` says what a unit is
seconds, clock   what it took; or when it ended, counted from the start of its run
continues        the number of the evaluation whose training it went on with
status, error    done, failed, pruned (or words for these); why it failed
unit, budget     what budgets count, and how much there was
minimum, maximum the smallest and the largest fidelity there are
reference        the loss that regret is measured against
noisy            whether equal configurations may have other losses (0, 1, true, false)
configuration    all hyperparameters, as a JSON object; ``metrics`` likewise
param:NAME       one hyperparameter; ``param:*=PREFIX*``: each column that begins so. Empty: not active
metric:NAME      a number that was reported beside the loss
===============  ===================================================================================================

A value is a column; a text in quotes or a number that no column is called (the same for all rows); or, for numbers,
``-COLUMN`` or ``NUMBER-COLUMN``, which makes losses of scores. ``KEY=none`` leaves out what would be guessed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.nearest import hint, shown, some

NEEDED = ("problem", "label", "loss")
KEYS = (
    *NEEDED, "truth", "repetition", "number", "evaluations", "fidelity", "fidelity_name", "seconds", "clock",
    "continues", "status", "error", "unit", "budget", "minimum", "maximum", "reference", "noisy", "configuration",
    "metrics",
)  # fmt: skip
OF_RUNS = ("unit", "budget", "minimum", "maximum", "reference", "noisy", "fidelity_name", "evaluations")
PREFIXES = ("param:", "metric:")
GUESSES: Mapping[str, Sequence[str]] = {
    "problem": ("problem", "task", "dataset", "benchmark", "function"),
    "label": ("label", "method", "optimizer", "algorithm", "framework"),
    "loss": ("loss", "error", "metric_error", "objective", "value"),
    "repetition": ("repetition", "seed", "fold", "repeat"),
    "number": ("number", "step", "evaluation", "iteration", "trial"),
    "fidelity": ("fidelity", "epoch", "epochs"),
    "seconds": ("seconds", "time_train_s", "duration"),
    "status": ("status",),
    "truth": ("truth",),
    "reference": ("reference",),
}
"""What columns are called that say it, where nobody has said which does."""
OWN_HEADER = ("run", "problem", "label", "optimizer", "repetition", "unit", "quanta_per_unit")
"""How our own files of trials begin."""
OWN_ROWS = ("dataset", "fold", "method", "metric_error", "metric", "problem_type", "time_train_s", "time_infer_s")
"""The columns of our own rows of results (``--formats rows``)."""
OWN = {
    "problem": "problem", "label": "label", "repetition": "repetition", "number": "number", "loss": "loss",
    "truth": "truth", "fidelity": "fidelity", "seconds": "evaluate_seconds", "continues": "continues",
    "status": "status", "error": "error", "unit": "unit", "maximum": "quanta_per_unit", "reference": "run_reference",
    "noisy": "noisy", "configuration": "configuration", "metrics": "metrics",
}  # fmt: skip
EXAMPLE = (
    "--columns \"problem=task,label='my tool',loss=1-accuracy,repetition=seed,number=step,param:lr=learning_rate\""
)
NONE = "none"
_SIGNED = re.compile(r"\s*(?P<offset>[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?)?\s*-\s*(?P<column>.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the values of a key are: in a column, as ``offset + sign * column``, or the same ``text`` everywhere."""

    column: str | None = None
    text: str = ""
    offset: float = 0.0
    sign: float = 1.0

    @property
    def computed(self) -> bool:
        return self.sign < 0


@dataclass(frozen=True, slots=True)
class Understood:
    """Which key is where; ``guessed``: in words, what nobody has said; ``unused``: columns that say nothing
    of these; ``own``: names are as our exports have them."""

    cells: Mapping[str, Cells]
    guessed: str = ""
    unused: Sequence[str] = ()
    own: bool = False


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """What was asked for: keys and values as they were written; quotes keep commas.

    >>> list(pairs("loss=1-acc, label='a, b'"))
    [('loss', '1-acc'), ('label', "'a, b'")]

    Raises:
        HpobenchError: it does not read like that.
    """
    parts, part, quote = [], "", ""
    for letter in text:
        if letter == "," and not quote:
            parts.append(part)
            part = ""
            continue
        if letter in "'\"" and (quote == letter or (not quote and part.endswith(("=", "= ")))):
            quote = "" if quote else letter
        part += letter
    if quote:
        raise HpobenchError(f"--columns: a quote {quote} is not closed in {shown(text)}.")
    for each in filter(str.strip, [*parts, part]):
        key, equals, value = each.partition("=")
        if not (equals and key.strip() and value.strip()):
            raise HpobenchError(f"--columns: must read KEY=COLUMN, separated by commas, not {shown(each.strip())}.")
        yield key.strip(), value.strip()


def understood(header: Sequence[str], asked: str, where: str) -> Understood:
    """Which columns of a table with this header say what.

    Args:
        asked: As ``--columns`` has it.
        where: The table, for complaints.

    Raises:
        HpobenchError: there is no such key or column, or something needed is missing.
    """
    own = tuple(header[: len(OWN_HEADER)]) == OWN_HEADER and "configuration" in header
    found: dict[str, Cells] = {}
    off = set()
    for key, value in pairs(asked):
        if key not in KEYS and not key.startswith(PREFIXES):
            raise unknown("key of --columns", key, [*KEYS, "param:NAME", "metric:NAME"])
        if key in found or key in off:
            raise HpobenchError(f"--columns: {key} is there twice.")
        if value.lower() == NONE and value not in header:
            off.add(key)
        elif key.endswith(":*"):
            found |= _several(header, key.removesuffix("*"), value, where)
        else:
            found[key] = _cells(header, key, value, where)
    guessed = {}
    used = {cells.column for cells in found.values()}
    for key, names in ({key: (name,) for key, name in OWN.items()} if own else GUESSES).items():
        lower = {name.lower(): name for name in reversed(header)}
        name = next((lower[each] for each in names if each in lower and lower[each] not in used), None)
        if name is not None and key not in found and key not in off and not (key == "seconds" and "clock" in found):
            guessed[key] = name
    if missing := [key for key in NEEDED if key not in found and key not in guessed]:
        raise HpobenchError(
            f"{where}: no column is known to say {' and '.join(missing)}. Say which: {EXAMPLE}."
            f" Its columns: {some(list(header)) or 'none'}."
        )
    said = "" if own else ", ".join(f"{key}={name}" for key, name in guessed.items() if key != name)
    cells = found | {key: Cells(name) for key, name in guessed.items()}
    own |= tuple(header) == OWN_ROWS
    used = {each.column for each in cells.values()}
    return Understood(cells, said, () if own else [name for name in header if name not in used], own)


def _several(header: Sequence[str], prefix: str, value: str, where: str) -> dict[str, Cells]:
    begins = value.removesuffix("*")
    names = [name for name in header if value.endswith("*") and name.startswith(begins) and name != begins]
    if not names:
        raise HpobenchError(
            f"--columns: no column of {where} is like {shown(value)}. Its columns: {some(list(header))}."
        )
    return {f"{prefix}{name.removeprefix(begins)}": Cells(name) for name in names}


def _cells(header: Sequence[str], key: str, value: str, where: str) -> Cells:
    if value in header:
        return Cells(value)
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return Cells(text=value[1:-1])
    if (match := _SIGNED.fullmatch(value)) and (name := match["column"].strip()) in header:
        return Cells(name, offset=float(match["offset"] or 0.0), sign=-1.0)
    if _number(value):
        return Cells(text=value)
    text = f" A text in quotes is the same for all rows: {key}='{value}'." if key not in ("loss", "truth") else ""
    raise HpobenchError(
        f"--columns: {where} has no column {shown(value)} (for {key}).{hint(value, header)}{text}"
        f" Its columns: {some(list(header))}."
    )


def _number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False

"""Errors for people: one line with the causes, the whole text for whoever mends it, and which are alike."""

import re
from collections.abc import Iterator
from traceback import format_exception

from hpobench_tui.core.text import storable

LONGEST = 1000
"""Characters of one message in the line."""
LONGEST_VALUE = 200
"""Characters of a value in it."""
DEEPEST = 5
"""Causes that the line names."""
WHOLE = 20_000
"""Characters of the whole text; of a longer one its end."""
NUMBER = re.compile(r"\b0x[0-9a-fA-F]+\b|[-+]?\d[\d.]*(?:e[-+]?\d+)?")


def describe(error: BaseException) -> str:
    """An exception in one line: its type, its message, where it was raised, and the same of what caused it."""
    return _with_causes(error, _named(error))


def explain(error: BaseException) -> str:
    """As :func:`describe`, without type and place: of an error whose message is meant to be read."""
    return _with_causes(error, message(error))


def message(error: BaseException) -> str:
    """An exception's message and its notes in one line of bounded length."""
    try:
        words = " ".join([str(error), *map(str, getattr(error, "__notes__", ()))]).split()
        text = storable(" ".join(words))
    except Exception as second:  # noqa: BLE001 - somebody else's __str__
        return f"(its message cannot be had: {type(second).__name__})"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def whole(error: BaseException) -> str:
    """The exception with its traceback and its causes', as Python prints it."""
    return storable("".join(format_exception(error)))[-WHOLE:].strip()


def first_line(text: str | None) -> str | None:
    """What a reason says in short: stored ones go on with the whole text below it."""
    return text and text.partition("\n")[0]


def kind_of(reason: str) -> str:
    """Equal for reasons that differ in numbers alone."""
    return NUMBER.sub("#", reason)


class Kinds:
    """Which kinds of reasons were told already."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def is_new(self, reason: str) -> bool:
        """Whether it is the first of its kind, and among the first ``most`` kinds; it is known from now on."""
        kind = kind_of(reason)
        if kind in self._known or len(self._known) >= self._most:
            return False
        self._known.add(kind)
        return True


def brief(value: object) -> str:
    """What a value is, in one line: of somebody else's, whose ``repr`` may be long, or fail."""
    try:
        text = " ".join(storable(repr(value)).split())
    except Exception:  # noqa: BLE001 - somebody else's __repr__
        return f"a {type(value).__name__}"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _with_causes(error: BaseException, line: str) -> str:
    said = message(error)
    for cause in _causes(error):
        text = message(cause)
        if not text or text not in said:  # many messages quote their cause's
            line += f"; because of {_named(cause)}"
        said += f"\n{text}"
    return line


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What it was raised from or during, or the first of what it gathers; then the same of that."""
    seen = {id(error)}
    for _ in range(DEEPEST):
        if isinstance(error, BaseExceptionGroup):
            cause: BaseException | None = error.exceptions[0]
        else:
            cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None or id(cause) in seen:
            return
        seen.add(id(cause))
        yield (error := cause)


def _named(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace else None
    where = f" ({code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} in {code.co_name})" if trace and code else ""
    text = message(error)
    return f"{type(error).__name__}: {text}{where}" if text else f"{type(error).__name__}{where}"

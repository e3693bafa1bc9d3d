"""Errors in one line: with their causes, whatever these are; and which are alike."""

import pytest

from hpobench_tui.core.describe import Kinds, describe, explain, first_line, kind_of, whole


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_the_causes_are_named_down_to_the_first() -> None:
    first = raised(ValueError("lower bound 0 for a logarithm"))
    error = raised(RuntimeError("no space"), raised(KeyError("lr"), first))
    line = describe(error)
    assert line.startswith("RuntimeError: no space (test_describe.py:")
    assert "; because of KeyError: 'lr' (" in line
    assert "; because of ValueError: lower bound 0 for a logarithm (" in line
    assert line.index("KeyError") < line.index("ValueError: lower")
    assert "\n" not in line
    text = whole(error)
    assert text.count("Traceback (most recent call last)") == 3
    assert text.endswith("RuntimeError: no space")


def test_what_happened_meanwhile_is_a_cause_unless_it_was_hidden() -> None:
    def fail(hide: bool) -> None:
        try:
            raise KeyError("inner")
        except KeyError:
            if hide:
                raise ValueError("outer") from None
            raise ValueError("outer")  # noqa: B904 - as people write it

    for hide in (False, True):
        with pytest.raises(ValueError, match="outer") as caught:
            fail(hide)
        assert ("because of KeyError: 'inner'" in describe(caught.value)) != hide


def test_a_cause_that_is_quoted_is_not_said_twice() -> None:
    cause = raised(OSError("disk on fire"))
    assert explain(raised(RuntimeError("cannot write: disk on fire."), cause)) == "cannot write: disk on fire."


def test_strange_errors_are_described() -> None:
    class UnprintableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    loop = raised(ValueError("a"))
    loop.__cause__ = raised(ValueError("b"), loop)
    noted = ValueError("x")
    noted.add_note("in layer 3")
    group = ExceptionGroup("many", [ValueError("one"), ValueError("two")])
    for error, words in (
        (UnprintableError(), "its message cannot be had"),
        (loop, "because of ValueError: b"),
        (noted, "x in layer 3"),
        (group, "because of ValueError: one"),
        (ValueError("two\nlines\x00 and a lone \udcff"), "two lines� and a lone ?"),
        (ValueError("a" * 10**6), "…"),
        (ValueError(), "ValueError"),
    ):
        line = describe(error)
        assert words in line
        assert len(line) < 5000
        line.encode()
        whole(error).encode()


def test_reasons_that_differ_in_numbers_are_alike() -> None:
    assert kind_of("trial 3 at x = -1.5e-07: <A at 0x7f3a>") == kind_of("trial 12 at x = 2: <A at 0x7bcd1>")
    assert kind_of("no space") != kind_of("no idea")
    kinds = Kinds(2)
    assert [kinds.is_new(r) for r in ("a 1", "a 2", "b", "c", "b")] == [True, False, True, False, False]


def test_the_first_line_is_the_reason_in_short() -> None:
    assert first_line("short\nTraceback\n  more") == "short"
    assert first_line(None) is None

"""What is seen of anybody's text."""

import io
import json
import sys
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hostile import complaints
from hpobench_tui.core.text import VisibleStream, as_json, as_wide, in_line, storable, visible

ANY = st.text(st.characters() | st.characters(categories=["Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs"]))
SEEN = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"]))
EVERY = "".join(map(chr, chain(range(0x3000), range(0xD7F0, 0xE010), range(0xFE00, 0x10100), range(0xE0000, 0xE0200))))


def test_no_character_does_anything() -> None:
    for make in (visible, in_line, as_wide):
        assert not complaints(make(EVERY))
    assert not complaints(as_json(EVERY))
    assert not set("\n\t\r") & set(in_line(EVERY))


@given(ANY)
def test_what_is_visible_stays(text: str) -> None:
    for make in (storable, visible, in_line, as_wide):
        assert make(make(text)) == make(text)
    assert not complaints(visible(text))
    assert visible(text).count("\n") == text.count("\n")


@given(SEEN)
def test_what_is_seen_is_left_alone(text: str) -> None:
    assert {make(text) for make in (storable, visible, in_line, as_wide)} == {text}
    assert as_json(text) == json.dumps(text, ensure_ascii=False)


@given(ANY)
def test_a_part_of_a_screen_stays_as_wide(text: str) -> None:
    line = text.replace("\n", "").replace("\t", "")
    assert cell_len(as_wide(line)) == sum(map(cell_len, line))


@given(st.dictionaries(ANY, ANY | st.floats(allow_nan=False), max_size=3), st.sampled_from([None, 2]))
def test_json_reads_back(values: dict[str, object], indent: int | None) -> None:
    written = as_json(values, indent)
    assert not complaints(written)
    unbroken = {storable_only(k): storable_only(v) if isinstance(v, str) else v for k, v in values.items()}
    assert json.loads(written) == unbroken


def storable_only(text: str) -> str:
    return "".join("�" if "\ud800" <= letter <= "\udfff" else letter for letter in text)


@given(ANY)
def test_a_store_takes_it(text: str) -> None:
    assert "\0" not in storable(text)
    storable(text).encode()


def test_a_stream_is_the_same_stream_but_for_what_is_written(tmp_path: object) -> None:
    below = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    stream = VisibleStream(below)
    print("10 %\r20 %\r\n\x1b[2J\ud800", file=stream)
    stream.writelines(["\x07", "é\n"])
    stream.flush()
    assert below.buffer.getvalue().decode() == "10 %\n20 %\n\\x1b[2J\\ud800\n\\x07é\n"  # type: ignore[attr-defined]
    assert (stream.encoding, stream.isatty(), stream.buffer) == ("utf-8", False, below.buffer)


def test_a_traceback_is_shown_too(monkeypatch: pytest.MonkeyPatch) -> None:
    below = io.StringIO()
    monkeypatch.setattr(sys, "stderr", VisibleStream(below))
    try:
        raise ValueError("\x1b[2J\u202e")
    except ValueError:
        sys.excepthook(*sys.exc_info())
    assert below.getvalue().endswith("ValueError: \\x1b[2J\\u202e\n")

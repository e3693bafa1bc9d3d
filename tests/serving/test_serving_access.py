"""Who may come in, and what a browser may say: without a server."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.serving import wire
from hpobench_tui.serving.access import LEAST, VARIABLE, Access, origin_of, token_from

ACCESS = Access("a-token-of-some-letters", 8000)


def test_a_new_token_is_new_each_time_and_long() -> None:
    tokens = {token_from(None) for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(token) >= 2 * LEAST - 1 for token in tokens)


def test_a_chosen_token_is_taken_if_it_is_long_enough() -> None:
    assert token_from("x" * LEAST) == "x" * LEAST
    for bad in ("", "short", "x" * (LEAST - 1), "x" * 30 + "&", "ä" * 30, "x y" * 10):
        with pytest.raises(HpobenchError, match=VARIABLE) as refused:
            token_from(bad)
        assert not bad or bad not in str(refused.value), "a secret is not repeated"


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8000", True), ("localhost", True), ("LOCALHOST:9999", True), ("[::1]:8000", True),
        ("hub.example.org", True), ("10.0.0.5:8000", False), ("evil.example:8000", False), ("", False),
        ("localhost.evil.example", False), ("127.0.0.1.evil.example:8000", False), ("evil@localhost", False),
        ("localhost/evil", False), ("localhost#.evil.example", False),
        ("[::1", False), ("localhost:x", True), ("local\x00host", False),
    ],
)  # fmt: skip
def test_hosts(host: str, known: bool) -> None:
    assert Access("t", 8000, origins=frozenset({"https://hub.example.org"})).knows_host(host) is known


def test_beyond_this_machine_addresses_are_known_and_names_are_not() -> None:
    access = Access("t", 8000, addresses=True)
    assert access.knows_host("10.0.0.5:8000")
    assert access.knows_host("[fe80::1]:8000")
    assert not access.knows_host("evil.example:8000")


@pytest.mark.parametrize(
    ("origin", "known"),
    [
        ("http://localhost:8000", True), ("https://localhost:8000", True), ("HTTP://LOCALHOST:8000", True),
        ("https://hub.example.org", True), ("http://hub.example.org", False), ("http://localhost:3000", False),
        ("http://localhost", False), ("http://127.0.0.1:8000", False), ("http://evil.example", False), ("null", False),
        ("", False), ("file://", False), ("http://localhost:8000.evil.example", False),
    ],
)  # fmt: skip
def test_origins(origin: str, known: bool) -> None:
    access = Access("t", 8000, origins=frozenset({"https://hub.example.org"}))
    assert access.knows_origin(origin, "localhost:8000") is known


def test_one_token_alone_is_let_in() -> None:
    assert ACCESS.has_token(["a-token-of-some-letters"])
    for wrong in ([], [""], ["a-token-of-some-letter"], ["A-token-of-some-letters"], ["ä\udc80"],
                  ["a-token-of-some-letters", "x"], ["a-token-of-some-letters"] * 2):  # fmt: skip
        assert not ACCESS.has_token(wrong)
    assert ACCESS.has_cookie(ACCESS.secret)
    assert not ACCESS.has_cookie(ACCESS.token), "the cookie is another secret"
    assert not ACCESS.has_cookie(None)


def test_secrets_are_not_in_what_is_shown_of_it() -> None:
    assert ACCESS.token not in repr(ACCESS)
    assert ACCESS.secret not in repr(ACCESS)


def test_origins_that_are_none_are_told() -> None:
    assert origin_of("https://Hub.example.org:8443/") == "https://hub.example.org:8443"
    for bad in ("hub.example.org", "ftp://x", "https://", "https://x/path", "https://u@x", "https://x?y", "https://[",
                "https://x:99999"):  # fmt: skip
        with pytest.raises(HpobenchError, match="--origin"):
            origin_of(bad)


# The wire


def test_what_browsers_say() -> None:
    assert wire.read('["stdin", "é\\u001b[A"]') == (b"D\0\0\0\x05" + "é\x1b[A".encode(), "")
    assert wire.read('["blur"]') == (wire.meta("blur"), "")
    packet, _ = wire.read('["resize", {"width": 1000000000, "height": -5}]')
    assert json.loads(packet[wire.HEAD :]) == {"type": "resize", "width": wire.WIDEST, "height": wire.SMALLEST}


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
WORDS = st.sampled_from(["stdin", "resize", "ping", "focus", {"width": 3}, {"width": 1.5, "height": 2}, 7])


@given(
    st.text()
    | st.recursive(LEAVES, st.lists, max_leaves=8).map(json.dumps)
    | st.lists(WORDS, max_size=3).map(json.dumps)
)
def test_whatever_comes_is_a_whole_packet_or_refused(text: str) -> None:
    try:
        packet, answer = wire.read(text)
    except ValueError:
        return
    assert bool(packet) != bool(answer)
    if packet:
        assert packet[:1] in (b"D", b"M")
        assert int.from_bytes(packet[1 : wire.HEAD], "big") == len(packet) - wire.HEAD


def test_what_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(ValueError, match="nested"):
        wire.read("[" * 100_000)

"""Each target of the fuzzing, for a moment; and what may come of an input that must not is found, kept and counted."""

import os
import random
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from benchmarks.fuzz import driver, mutations
from benchmarks.fuzz.__main__ import TARGETS, table, target
from benchmarks.fuzz.driver import Fed, Tally, Target, drive, some
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.tabulation.foreign import reading
from hpobench_tui.testing.problems import SEED_VARIABLE

INPUTS = {"specs": 60, "options": 300, "stores": 40, "rows": 50, "imports": 30, "tables": 50, "journals": 60,
          "messages": 2000, "lines": 1500}  # fmt: skip
DEEP = {"options": 0.1}
"""The least share of inputs past the first check; of most targets half."""


@pytest.mark.seeded
@pytest.mark.parametrize("name", INPUTS)
def test_nothing_but_results_and_refusals(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as `python -m benchmarks.fuzz NAME`, which feeds a hundred thousand."""
    monkeypatch.setattr(lifecycle, "launch", lifecycle.launch)  # of which targets make nothing
    monkeypatch.setattr(reading, "fatal", reading.fatal)  # likewise
    monkeypatch.setenv("HPOBENCH_APP_SETTINGS", str(tmp_path / "app.json"))
    seed = int(os.environ.get(SEED_VARIABLE) or random.randrange(10**6))
    print(f"seed of the inputs: {seed}")
    tally = some(target(name), INPUTS[name], seed, tmp_path)
    assert tally.inputs > INPUTS[name]
    assert tally.failures == [], "\n".join(failure.text for failure in tally.failures)
    assert tally.deep >= DEEP.get(name, 0.4), tally.depths


def test_every_target_is_tried_here() -> None:
    assert set(INPUTS) | {"keys"} == set(TARGETS)


def made(feed: object) -> Target:
    """A target of one seed."""
    return cast(
        Target,
        SimpleNamespace(
            DEPTHS=("refused", "taken"), ENDING=".x", seeds=lambda place: [b"seed"], feed=feed,
            mutated=lambda chance, pool: bytes([chance.randrange(4)]),
        ),
    )  # fmt: skip


def feed_badly(data: bytes, place: Path) -> Fed:
    """Each byte goes wrong in a way of its own."""
    if data == b"\1":
        raise RuntimeError("it is one")
    if data == b"\2":
        os.kill(os.getpid(), signal.SIGSEGV)
    if data == b"\3":
        (place / "left").mkdir()
        (place / "left" / "file").write_text("x")
    return Fed(int(data == b"seed"))


def test_what_ends_the_process_costs_that_input_alone() -> None:
    tally = drive(made(feed_badly), 120, 1.0, 3)
    assert tally.inputs == 120
    found = {failure.data: failure.text for failure in tally.failures}
    assert found.keys() == {b"\1", b"\2"}
    assert "RuntimeError: it is one" in found[b"\1"]
    assert found[b"\2"].startswith("SIGSEGV")
    assert min(tally.kinds.values()) > 3
    assert len(tally.kinds) == 2
    assert 0.2 < tally.deep < 0.9
    assert "| specs | 120 |" in table({"specs": tally})


def test_what_is_contained_elsewhere_is_no_failure() -> None:
    own = made(feed_badly)
    own.CONTAINED = ("SIGSEGV at benchmarks/test_fuzz.py",)  # type: ignore[attr-defined]
    tally = drive(own, 60, 1.0, 3)
    assert tally.contained == 0  # this file is none of the program's
    own.CONTAINED = ("SIGSEGV at",)  # type: ignore[attr-defined]
    tally = drive(own, 60, 1.0, 3)
    assert tally.contained > 3
    assert [failure.data for failure in tally.failures] == [b"\1"]


def test_what_hangs_and_what_is_slow_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "HANG", 5.0)
    monkeypatch.setattr(driver, "SLOW", 0.1)

    def feed(data: bytes, place: Path) -> Fed:
        if data == b"\1":
            time.sleep(60)
        until = time.process_time() + 0.2
        while data == b"\2" and time.process_time() < until:
            pass
        return Fed(1)

    own = made(feed)
    own.seeds = lambda place: [b"seed", b"\2"]  # type: ignore[method-assign]
    own.mutated = lambda chance, pool: b"\1"  # type: ignore[method-assign]
    tally = drive(own, 3, 1.0, 1)
    found = {failure.data: failure.text for failure in tally.failures}
    assert found.keys() == {b"\1", b"\2"}
    assert found[b"\1"].startswith("no end within 5 s")
    assert "s of a processor" in found[b"\2"]


def test_what_says_something_new_becomes_a_seed(tmp_path: Path) -> None:
    seen: list[Sequence[bytes]] = []

    def mutated(chance: random.Random, pool: Sequence[bytes]) -> bytes:
        seen.append(tuple(pool))
        return bytes([chance.randrange(3)])

    own = made(lambda data, place: Fed(1, f"new {'abc'[data[0] % 3]}"))
    own.mutated = mutated  # type: ignore[method-assign]
    tally = some(own, 30, 1, tmp_path)
    assert tally.kept == 3
    assert set(seen[-1]) > {b"seed"}


def test_the_same_seed_makes_the_same_inputs() -> None:
    data = b'{"a": [1, 2.5, "text"], "b": {"c": null}}\n[1]\n'
    for how in (mutations.of_bytes, mutations.of_text, mutations.of_json):
        drawn = [[how(random.Random(seed), data, b"other 1,2") for seed in range(40)] for _ in range(2)]
        assert drawn[0] == drawn[1]
        assert len(set(drawn[0])) > 25


def test_tallies_add_up() -> None:
    one, other = Tally(), Tally()
    one.inputs, other.inputs = 3, 4
    other.blame(driver.Failure("a kind", "text", b"1"))
    other.blame(driver.Failure("a kind", "text", b"2"))
    one.add(other)
    one.add(other)
    assert (one.inputs, one.kinds, len(one.failures)) == (11, {"a kind": 4}, 1)

"""What a problem sets in its context is not what the optimizer finds, and neither is what the next run finds."""

import decimal
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.toys import COSTLY_EPOCHS, STOPPER, Costly, Stopper, collect
from hpobench_tui.core import Configuration
from hpobench_tui.core.problem import Training

FOUND: list[tuple[object, ...]] = []


def settings() -> tuple[object, ...]:
    context = decimal.getcontext()
    return context.prec, context.traps[decimal.Inexact], np.geterr()["under"]


def change() -> None:
    decimal.getcontext().prec = 5
    decimal.getcontext().traps[decimal.Inexact] = True
    np.seterr(under="raise")


class Changing(Costly):
    def start(self, configuration: Configuration, seed: int, device: str) -> Training:
        change()
        return super().start(configuration, seed, device)


def looking(name: str) -> Callable[..., object]:
    def method(self: Stopper, *args: object) -> object:
        FOUND.append((name, *settings()))
        return getattr(Stopper, name)(self, *args) if hasattr(Stopper, name) else None

    return method


class Looking(Stopper):
    script = (1.0, 2.0)
    ask, tell, should_stop, close = map(looking, ("ask", "tell", "should_stop", "close"))  # type: ignore[assignment]


def test_problem_optimizer_and_process_have_settings_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.toys.Changing", Changing, raising=False)
    monkeypatch.setattr("engine.toys.Looking", Looking, raising=False)
    FOUND.clear()
    before = settings()
    done = collect(
        replace(COSTLY_EPOCHS, load="engine.toys:Changing"),
        replace(STOPPER, load="engine.toys:Looking"),
        2,
        "evaluations",
    )
    assert done.end.status in ("done", "complete"), done.end.error
    assert {name for name, *_ in FOUND} == {"ask", "tell", "should_stop", "close"}
    assert {tuple(found) for _, *found in FOUND} == {before}
    assert settings() == before

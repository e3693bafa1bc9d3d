"""How tests use the app: sizes of terminals, waiting, reading."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from feeds import PATIENCE
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.in_turn import InTurn
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.overview import OverviewScreen

SMALL, LARGE = (80, 24), (200, 50)


async def settle(pilot: Pilot[None]) -> None:
    """Wait until everything that a screen shows was read and drawn."""
    deadline = time.monotonic() + PATIENCE
    while isinstance(pilot.app, InTurn) and pilot.app.typing:
        await pilot.pause(0.005)
    for _ in range(3):  # each waits for the messages that the one before has set off
        await pilot.pause(0.01)
        while not getattr(pilot.app.screen, "settled", True):
            assert time.monotonic() < deadline, f"still reading after {PATIENCE} s"
            await pilot.pause(0.01)


async def look(pilot: Pilot[None]) -> None:
    """Let the level look into the store at once, as it would within a period."""
    screen = pilot.app.screen
    assert isinstance(screen, Level)
    screen.awake()
    await settle(pilot)


@asynccontextmanager
async def settled(app: HpobenchApp, size: tuple[int, int], overview: bool = False) -> AsyncIterator[Pilot[None]]:
    """The app in a terminal of this size, once it has settled: on the first problem, or one level above it."""
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        if not overview:
            await into_problem(pilot)
        yield pilot


async def into_problem(pilot: Pilot[None]) -> None:
    """From the overview, if that is in front, to the problem under its cursor."""
    screen = pilot.app.screen
    if isinstance(screen, OverviewScreen) and screen.view.problem:
        screen.down(screen.view)
        await settle(pilot)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press these keys, and let the app settle."""
    await pilot.press(*keys)
    await settle(pilot)


def text(app: HpobenchApp, name: str) -> str:
    return str(app.screen.query_one(f"#{name}").render())

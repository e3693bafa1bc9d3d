"""How tests use the app: sizes of terminals, waiting, reading."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from hpobench_tui.tui.app import HpobenchApp

SMALL, LARGE = (80, 24), (200, 50)


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(3):  # each waits for the messages that the one before has set off
        await pilot.pause(0.01)


@asynccontextmanager
async def settled(app: HpobenchApp, size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    """The app in a terminal of this size, once it has settled."""
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield pilot


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press these keys, and let the app settle."""
    await pilot.press(*keys)
    await settle(pilot)


def text(app: HpobenchApp, name: str) -> str:
    return str(app.screen.query_one(f"#{name}").render())

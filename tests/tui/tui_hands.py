"""How tests use the app: sizes of terminals, waiting, reading."""

from textual.pilot import Pilot

from hpobench_tui.tui.app import HpobenchApp

SMALL, LARGE = (80, 24), (200, 50)


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(3):  # each waits for the messages that the one before has set off
        await pilot.pause(0.01)


def text(app: HpobenchApp, name: str) -> str:
    return str(app.screen.query_one(f"#{name}").render())

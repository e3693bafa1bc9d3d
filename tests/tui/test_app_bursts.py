"""Keys and text that come at once do what they would one by one."""

import pytest
from textual import events
from textual.widgets import Input
from tui_hands import LARGE, SMALL, settle, settled

from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.screens.results import ResultsScreen


def at_once(app: HpobenchApp, *keys: str) -> None:
    """As a terminal delivers what a paste or a slow line brings in one read."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def focus_after(app: HpobenchApp, size: tuple[int, int], *keys: str, burst: bool) -> tuple[object, ...]:
    async with settled(app, size) as pilot:
        if burst:
            at_once(app, *keys)
        else:
            for key in keys:
                await pilot.press(key)
                await settle(pilot)
        await pilot.pause(0.05)
        await settle(pilot)
        focused = app.focused
        values = {str(field.id): field.value for field in app.screen.query(Input)}
        return type(app.screen).__name__, str(focused.id) if focused else None, values


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize(
    "keys",
    [
        ("tab", "tab", "tab", "ctrl+u", *"mine"),
        ("tab", "tab", "tab", "ctrl+u", *"one", "tab", "ctrl+u", *"17", "tab", "tab", "ctrl+u", *"99999999"),
        ("slash", *"bbob", "enter", "space", "tab", "slash", *"gp", "enter", "space", "escape"),
        ("question_mark", "escape", "slash", *"ackley"),
        ("ctrl+o", "escape", "slash", *"ackley"),
    ],
)
async def test_keys_at_once_are_keys_in_turn(
    fresh_app: HpobenchApp, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    burst = await focus_after(fresh_app, size, *keys, burst=True)
    slow = await focus_after(HpobenchApp(None, fresh_app.root), size, *keys, burst=False)
    assert burst == slow


async def test_a_paste_lands_where_the_keys_before_it_lead(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        at_once(fresh_app, "slash")
        fresh_app.post_message(events.Paste("bbob f2"))
        at_once(fresh_app, "4")
        await pilot.pause(0.05)
        await settle(pilot)
        assert fresh_app.screen.query_one("#filter", Input).value == "bbob f24"


async def test_keys_wait_for_a_screen_that_opens(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        at_once(fresh_app, "ctrl+o", "down", "up")
        await pilot.pause(0.05)
        await settle(pilot)
        assert isinstance(fresh_app.screen, ResultsScreen)

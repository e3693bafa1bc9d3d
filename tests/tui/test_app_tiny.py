"""Keys in terminals that have no room for what they move."""

import pytest
from tui_hands import press, settle

from hpobench_tui.tui.app import HpobenchApp

PAGES = ("pageup", "pagedown", "home", "end", "pageup", "down", "pagedown")


@pytest.mark.parametrize("way", [("B",), ("colon", "a")], ids=["own", "palette"])
async def test_lists_without_room_have_no_pages(fresh_app: HpobenchApp, way: tuple[str]) -> None:
    """The app goes on: an error in it would come up at the end of the block."""
    async with fresh_app.run_test(size=(1, 1)) as pilot:
        await settle(pilot)
        await press(pilot, *way)
        for _ in range(2):
            await press(pilot, *PAGES, "tab")
        assert fresh_app.is_running


async def test_lists_with_room_have_pages(fresh_app: HpobenchApp) -> None:
    async with fresh_app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        lists = [one for one in fresh_app.screen.query("PickList") if one.option_count > 12]  # type: ignore[attr-defined]
        lists[0].focus()
        await press(pilot, "home")
        await press(pilot, "pagedown")
        assert lists[0].highlighted > 2  # type: ignore[attr-defined]

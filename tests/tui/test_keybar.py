"""The footer offers what works where the focus is, and nothing else."""

from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from hpobench_tui.tui.widgets.keybar import KeyBar
from hpobench_tui.tui.widgets.table import Cell, Column, Table


class Shown(App[None]):
    """A field, a table, and keys of the app that are characters and that are not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"act('{key}')", f"by {key}") for key in ("slash", "minus", "e", "full_stop", "ctrl+r", "f5")),
        Binding("question_mark,f1", "act('help')", "Help", key_display="?"),
    ]

    def compose(self) -> ComposeResult:
        yield Input()
        yield Table([Column("a")])
        yield KeyBar()

    def action_act(self, what: str) -> None:
        """Nothing."""

    @property
    def offered(self) -> dict[str, str]:
        return {offer.what: offer.shown for offer in self.query_one(KeyBar).fitting}


async def test_a_field_takes_characters_and_the_footer_does_not_offer_them() -> None:
    app = Shown()
    async with app.run_test(size=(120, 20)) as pilot:
        app.query_one(Table).fill([(Cell("x"),)])
        app.query_one(Input).focus()
        await pilot.pause()
        assert app.offered == {"Help": "f1", "by ctrl+r": "^r", "by f5": "f5"}
        app.query_one(Table).focus()
        await pilot.pause()
        assert list(app.offered)[:4] == ["Help", "Open", "Filter", "Sort"], "what has the focus comes first"
        assert app.offered["Help"] == "?"
        assert "by e" in app.offered
        await pilot.press("slash", "x")
        await pilot.pause()
        assert app.offered == {
            "Help": "f1", "Keep filter": "⏎", "Clear filter": "esc", "by ctrl+r": "^r", "by f5": "f5",
        }  # fmt: skip
        await pilot.press("enter")
        await pilot.pause()
        assert {"Open", "Filter", "Clear filter"} <= app.offered.keys()
        assert "Keep filter" not in app.offered


@pytest.mark.parametrize("width", range(5, 90, 7))
async def test_no_key_is_cut(width: int) -> None:
    app = Shown()
    async with app.run_test(size=(width, 20)):
        bar = app.query_one(KeyBar)
        whole = "".join(f"{offer.shown} {offer.what}  " for offer in bar.fitting)
        line = bar.render_line(0)
        assert line.cell_length == width
        assert line.text.rstrip() == whole.rstrip()
        assert bool(bar.fitting) == (width >= len("f1 Help"))


async def test_a_click_presses_the_key() -> None:
    app = Shown()
    pressed: list[str] = []
    app.simulate_key = pressed.append  # type: ignore[method-assign]
    async with app.run_test(size=(80, 20)) as pilot:
        for x in (0, 6, 7, 8, 9):
            await pilot.click(KeyBar, offset=(x, 0))
    assert pressed == ["f1", "f1", "ctrl+r"]

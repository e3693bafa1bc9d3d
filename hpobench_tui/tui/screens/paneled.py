"""A screen that is made of panels: which of them are shown, where, and how large."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

from hpobench_tui.tui import settings
from hpobench_tui.tui.panels.panel import SIDES, Panel, View
from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.keybar import KeyBar

_WIDE = (120, 34)
"""From this many columns and rows on, all panels have room."""


def has_room(size: Size) -> bool:
    """Whether a terminal shows all panels at once."""
    return size.width >= _WIDE[0] and size.height >= _WIDE[1]


class PanelScreen(Screen[View]):
    """Panels in two sides below a line of text; a small terminal shows a few of them, which a digit each chooses."""

    CSS_PATH = "paneled.tcss"
    PANELS: ClassVar[tuple[type[Panel], ...]]
    """Their order is that of their keys, of their titles' numbers and, from top to bottom, of their places."""
    COMPACT: ClassVar[int] = 2
    """How many of them a small terminal shows; it opens on the first ones, and parts with the first of all last."""
    LEVEL: ClassVar[str]
    """Its name in the line above, and in the help."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "zoom", "Zoom", tooltip="This panel alone, or all again"),
        Binding("0", "reset_panels", "Panels: as at first", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.panels = tuple(panel(number) for number, panel in enumerate(self.PANELS, start=1))
        self._chosen: list[Panel] = []
        self._zoomed: Panel | None = None
        self.arranged: list[Panel] = []
        """The panels that were shown when they were last arranged."""
        self._wide = False
        for number, panel in enumerate(self.panels, start=1):
            name = f"Panel: {panel.words or panel.name}"
            self._bindings.bind(str(number), f"toggle_panel({number})", name, show=False)

    def fits(self, panel: Panel) -> bool:
        """Whether there is anything for that panel to show."""
        return True

    def rearranged(self) -> None:
        """Other panels are shown, or in other places."""

    def refill(self, force: bool = False) -> None:
        """Fill the panels that are shown."""

    def lessons(self) -> list[str]:
        """How to read each panel on the screen, that with the focus first."""
        panels = sorted(self.shown, key=lambda panel: not panel.has_focus_within)
        return [f"{panel.words or panel.name}: {panel.help}" for panel in panels if panel.help]

    def compose(self) -> ComposeResult:
        yield Static(id="status")
        with Horizontal(id="panels"):
            for side in SIDES:
                with Vertical(id=side):
                    yield from (panel for panel in self.panels if panel.side == side)
        yield KeyBar()

    def arrange_first(self) -> None:
        """Once it is mounted."""
        self._wide = has_room(self.app.size)
        self._chosen = self._opened()
        self._arrange()
        self.focus_first()

    def focus_first(self) -> None:
        """The first thing in the first panel that can have the focus."""
        for panel in self.shown:
            for widget in panel.query("*"):
                if widget.focusable:
                    widget.focus()
                    return

    def on_resize(self, event: events.Resize) -> None:
        if has_room(event.size) != self._wide:
            self._wide = has_room(event.size)
            self._chosen = self._opened()
            self._arrange()
        self.call_after_refresh(self.refill, force=True)

    @property
    def shown(self) -> list[Panel]:
        """The panels that are on the screen: one at least. Those chosen may be for other experiments alone."""
        if self._zoomed is not None:
            return [self._zoomed]
        fitting = [panel for panel in self.panels if self.fits(panel)]
        return [panel for panel in fitting if panel in self._chosen] or fitting[: None if self._wide else self.COMPACT]

    def _opened(self) -> list[Panel]:
        """The panels that this terminal has room for, or those that a person chose last time."""
        names = settings.get("panels", f"{self.LEVEL} {'wide' if self._wide else 'small'}")
        chosen = [panel for panel in self.panels if isinstance(names, list) and panel.name in names]
        return chosen or self._usual()

    def _usual(self) -> list[Panel]:
        if self._wide:
            return list(self.panels)
        return [panel for panel in self.panels if self.fits(panel)][: self.COMPACT]

    def action_reset_panels(self) -> None:
        self._zoomed = None
        self._chosen = self._usual()
        self._remember(None)
        self._arrange()

    def action_toggle_panel(self, number: int) -> None:
        """Show or hide a panel; a small terminal shows two, the first of all rather than others."""
        if number > len(self.panels):
            return
        panel = self.panels[number - 1]
        if not self.fits(panel):
            self.notify(f"There are no {panel.words or panel.name} here.")
            return
        zoomed, self._zoomed = self._zoomed, None
        self._chosen += [p for p in self.shown if p not in self._chosen]  # where none of the chosen fits
        if zoomed is not None:
            self._chosen = [p for p in self._chosen if p is not panel]
        if panel in self._chosen:
            if len(self.shown) > 1:
                self._chosen.remove(panel)
        else:
            self._chosen.append(panel)
            while not self._wide and len(self.shown) > self.COMPACT:
                self._chosen.remove(next(p for p in self._chosen if p is not self.panels[0] and p is not panel))
        self._remember([p.name for p in self._chosen])
        self._arrange()
        if panel in self.shown and (inside := next((w for w in panel.query("*") if w.focusable), None)):
            inside.focus()

    def _remember(self, names: list[str] | None) -> None:
        settings.put("panels", f"{self.LEVEL} {'wide' if self._wide else 'small'}", names)

    def action_zoom(self) -> None:
        """The panel that has the focus alone, or all of them again."""
        if self._zoomed is not None:
            self._zoomed = None
        else:
            self._zoomed = next((p for p in self.panels if p.has_focus_within), self.shown[0])
        self._arrange()

    def _arrange(self) -> None:
        self.arranged = self.shown
        small = not self._wide or self._zoomed is not None
        self.set_class(small, "-small")
        self.set_class(looks.only_ascii(), "-ascii")
        for panel in self.panels:
            panel.set_class(small, "-small")
            panel.display = panel in self.shown
        for side in SIDES:
            self.query_one(f"#{side}").display = any(panel.side == side for panel in self.shown)
        self.call_after_refresh(self._focus_lost)  # what is hidden only loses it then
        self.rearranged()

    def _focus_lost(self) -> None:
        if self.focused is None or not any(panel.has_focus_within for panel in self.shown):
            self.focus_first()

"""The footer: the keys that work where the focus is; on a narrow terminal as many as have room.

Textual's footer offers keys that a focused field takes as text, and would cut its last keys off in the middle of a
word. Here Help comes first, as it leads to all the other keys, then those of what has the focus.
"""

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.keys import REPLACED_KEYS, key_to_character
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.read_only import WORDS

_FIRST = "Help"
_GAP = 2


class Offer(NamedTuple):
    """A key that does something: its name, how it is shown, and what it does."""

    key: str
    shown: str
    what: str


def offers(screen: Screen[object]) -> Iterator[Offer]:
    """The keys for the footer that work now, those of what has the focus first; each action once."""
    focused = screen.focused
    done = set()
    for key, (node, binding, enabled, _) in screen.active_bindings.items():
        action = (id(node), binding.action)
        typed = focused is not None and node is not focused and focused.check_consume_key(key, _character(key))
        if enabled and binding.show and not binding.system and not typed and action not in done:
            done.add(action)
            yield Offer(key, _shown(screen, key, binding), in_line(binding.description))


def _character(key: str) -> str | None:
    """Textual's own answer knows some keys by their old names alone."""
    return key_to_character(REPLACED_KEYS.get(key, key))


def _shown(screen: Screen[object], key: str, binding: Binding) -> str:
    """As the binding says, unless that is the display of another key of the same binding."""
    shown = binding.key_display
    if shown and len(shown) == 1 and shown.isascii() and shown != _character(key):
        shown = None
    return screen.app.get_key_display(Binding(key, binding.action, key_display=shown))


class KeyBar(Widget):
    """One line of keys; a click on one presses it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keybar--key"}
    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; background: $footer-background; color: $footer-foreground; }
    KeyBar > .keybar--key { color: $footer-key-foreground; text-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._offers: list[Offer] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)
        self._changed(self.screen)

    def _changed(self, screen: Screen[object]) -> None:
        found = sorted(offers(screen), key=lambda offer: offer.what != _FIRST)
        if found != self._offers:
            self._offers = found
            self.refresh()

    @property
    def aside(self) -> str:
        """What stands at the right, whatever has the focus."""
        return f" {WORDS} " if getattr(self.app, "read_only", False) else ""

    @property
    def fitting(self) -> list[Offer]:
        """What there is room for."""
        room, kept = self.size.width - cell_len(self.aside), []
        for offer in self._offers:
            room -= cell_len(f"{offer.shown} {offer.what}")
            if room < 0:
                break
            room -= _GAP
            kept.append(offer)
        return kept

    def render_line(self, y: int) -> Strip:
        plain = self.visual_style.rich_style
        key = self.get_component_rich_style("keybar--key")
        segments = []
        for offer in self.fitting:
            segments += [Segment(offer.shown, key), Segment(f" {offer.what}{' ' * _GAP}", plain)]
        aside = [Segment(self.aside, key)] if self.aside else []
        room = max(self.size.width - cell_len(self.aside), 0)
        return Strip([*Strip(segments).adjust_cell_length(room, plain), *aside]).crop(0, self.size.width)

    def on_click(self, event: events.Click) -> None:
        start = 0
        for offer in self.fitting:
            end = start + cell_len(f"{offer.shown} {offer.what}")
            if start <= event.x < end:
                self.app.simulate_key(offer.key)
                return
            start = end + _GAP

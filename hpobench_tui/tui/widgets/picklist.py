"""A selection list for fast typists, for terminals without colours, and for long lists.

Textual 8's list ticks whatever is highlighted when the message arrives, so that Space, Down, Space typed quickly hits
the wrong line; it tells ticked from unticked by colour alone; and it cannot show a part of its lines.
"""

from collections.abc import Iterable

from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip
from textual.widgets import OptionList, SelectionList

_TICK = 1
"""Position of the tick among the segments of a line."""


class PickList(SelectionList[str]):
    """Space and Enter tick the line they were typed on; unticked boxes are empty.

    :meth:`narrow` hides lines; what is hidden stays ticked or not.

    Args:
        lines: What is shown (a text: with markup); the value that it stands for; whether it is ticked at first.
    """

    def __init__(self, *lines: tuple[Content | str, str, bool], id: str, compact: bool = False) -> None:
        super().__init__(*lines, id=id, compact=compact)
        self._every_line = [(prompt, name) for prompt, name, _ in lines]
        self._hidden: set[str] = set()
        self.pattern = ""

    @property
    def names(self) -> list[str]:
        """The values of all lines, shown or hidden, in order."""
        return [name for _, name in self._every_line]

    @property
    def shown(self) -> list[str]:
        """The values of the lines that are shown, in order."""
        return [self.get_option_at_index(number).value for number in range(self.option_count)]

    @property
    def ticked(self) -> tuple[str, ...]:
        """What is ticked, shown or hidden, in order."""
        chosen = self._hidden.union(self.selected)
        return tuple(name for name in self.names if name in chosen)

    def narrow(self, pattern: str) -> None:
        """Show the lines whose values have all words of the pattern in them; all lines for an empty one."""
        chosen, words = set(self.ticked), pattern.casefold().split()
        lines = [line for line in self._every_line if all(word in line[1].casefold() for word in words)]
        self.pattern = " ".join(words)
        with self.prevent(self.SelectedChanged):
            self.clear_options()
            self.add_options([(prompt, name, name in chosen) for prompt, name in lines])
        self._hidden = chosen.difference(name for _, name in lines)
        self.highlighted = 0 if lines else None

    def add(self, prompt: Content | str, name: str, after: str) -> None:
        """Show all lines and, ticked and highlighted, ``name``: a new one, below that of ``after``, if need be."""
        if name not in self.names:
            self._every_line.insert(self.names.index(after) + 1, (prompt, name))
        self.narrow("")
        self.select(name)
        self.highlighted = self.names.index(name)

    def tick_only(self, names: Iterable[str]) -> None:
        """Show all lines, and tick these alone."""
        self.narrow("")
        self.deselect_all()
        for name in names:
            self.select(name)

    def _on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Who types fast has hidden the line by now; Textual would look it up all the same, and die."""
        if event.option_index >= self.option_count:
            event.stop()
            event.prevent_default()

    def action_select(self) -> None:
        if self.highlighted is not None:
            self.toggle(self.get_option_at_index(self.highlighted))

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        segments = list(strip)
        if len(segments) > _TICK and (style := segments[_TICK].style) is not None and style.meta.keys() == {"option"}:
            option = self.get_option_at_index(style.meta["option"])
            if option.value not in self.selected:
                segments[_TICK] = Segment(" ", style)
                return Strip(segments, strip.cell_length)
        return strip

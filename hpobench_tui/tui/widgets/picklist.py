"""A selection list for fast typists, for terminals without colours, and for long lists.

Textual 8's list ticks whatever is highlighted when the message arrives, so that Space, Down, Space typed quickly hits
the wrong line; it tells ticked from unticked by colour alone; and it cannot show a part of its lines.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip
from textual.widgets import OptionList, SelectionList

_TICK = 1
"""Position of the tick among the segments of a line."""


class Line(NamedTuple):
    """What a list can show.

    Attributes:
        prompt: A text (with markup) or what is drawn.
        name: The value that it stands for.
        ticked: At first.
        kinds: Other words to find it by, as its suite.
    """

    prompt: Content | str
    name: str
    ticked: bool = False
    kinds: tuple[str, ...] = ()


class PickList(SelectionList[str]):
    """Space and Enter tick the line they were typed on; unticked boxes are empty.

    :meth:`narrow` hides lines; what is hidden stays ticked or not.

    Attributes:
        pattern: What the lines that are shown have in them; empty: all are shown.
        kind: Of which kind they are; empty: of any.
    """

    def __init__(self, *lines: tuple[Content | str, str, bool] | Line, id: str, compact: bool = False) -> None:
        self._every_line = [Line(*line) for line in lines]
        super().__init__(*(line[:3] for line in self._every_line), id=id, compact=compact)
        self._hidden: set[str] = set()
        self.pattern = ""
        self.kind = ""

    @property
    def names(self) -> list[str]:
        """The values of all lines, shown or hidden, in order."""
        return [line.name for line in self._every_line]

    @property
    def shown(self) -> list[str]:
        """The values of the lines that are shown, in order."""
        return [self.get_option_at_index(number).value for number in range(self.option_count)]

    @property
    def ticked(self) -> tuple[str, ...]:
        """What is ticked, shown or hidden, in order."""
        chosen = self._hidden.union(self.selected)
        return tuple(name for name in self.names if name in chosen)

    @property
    def under_cursor(self) -> str | None:
        """The value of the highlighted line."""
        return None if self.highlighted is None else self.get_option_at_index(self.highlighted).value

    def kinds(self) -> dict[str, int]:
        """Every kind, and how many lines are of it, in order of appearance."""
        return dict(Counter(kind for line in self._every_line for kind in line.kinds))

    def narrow(self, pattern: str, kind: str | None = None) -> None:
        """Show the lines that have all words of the pattern in their values, or as the beginning of a kind.

        Args:
            kind: And that are of this kind; empty: of any; None: as before.
        """
        self.kind = self.kind if kind is None else kind
        words = pattern.casefold().split()
        self.pattern = " ".join(words)
        self._show([line for line in self._every_line if _fits(line, words, self.kind)], set(self.ticked))

    def add(self, line: Line, after: str) -> None:
        """Show all lines and, ticked and highlighted, this: a new one, below that of ``after``, or in place of what had
        its name.
        """
        self.put([line], after)
        self.narrow("", "")
        self.select(line.name)
        self.highlighted = self.names.index(line.name)

    def put(self, lines: Iterable[Line], after: str) -> None:
        """Have these lines, too, below that of ``after`` (at the end, if there is none), or in place of those that had
        their names; ticks stay.
        """
        chosen = set(self.ticked)
        for line in lines:
            names = self.names
            if line.name in names:
                self._every_line[names.index(line.name)] = line
            else:
                place = names.index(after) + 1 if after in names else len(names)
                self._every_line.insert(place, line)
                after = line.name
        words = self.pattern.split()
        self._show([line for line in self._every_line if _fits(line, words, self.kind)], chosen)

    def _show(self, lines: Sequence[Line], chosen: set[str]) -> None:
        """These lines alone; the cursor stays on its line where it is among them."""
        kept = self.under_cursor
        with self.prevent(self.SelectedChanged):
            self.clear_options()
            self.add_options([(line.prompt, line.name, line.name in chosen) for line in lines])
        self._hidden = chosen.difference(line.name for line in lines)
        names = [line.name for line in lines]
        self.highlighted = names.index(kept) if kept in names else 0 if lines else None

    def tick_only(self, names: Iterable[str]) -> None:
        """Show all lines, and tick these alone."""
        self.pattern = self.kind = ""
        self._show(self._every_line, set(names))

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


def _fits(line: Line, words: Sequence[str], kind: str) -> bool:
    name = line.name.casefold()
    fits = all(word in name or any(of.casefold().startswith(word) for of in line.kinds) for word in words)
    return fits and (not kind or kind in line.kinds)

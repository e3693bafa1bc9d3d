"""What must hold of every screen, whatever it shows: all of it can be reached, and nothing is cut without a sign."""

import re
from collections.abc import Iterator

from rich.cells import cell_len
from textual.content import Content
from textual.css.query import NoMatches
from textual.errors import NoWidget
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets._toast import Toast, ToastRack
from tui_hands import press, settle

from hostile import complaints
from hpobench_tui.tui.screens.paneled import PanelScreen
from hpobench_tui.tui.widgets.chart.drawing import Scrolled
from hpobench_tui.tui.widgets.keybar import KeyBar
from hpobench_tui.tui.widgets.table import Table
from hpobench_tui.tui.widgets.table.layout import GAP

SIGN = re.compile(r"…|~|\+\d+")
TROUBLE = ("cannot be shown", "cannot be drawn", "cannot be worked out", "Traceback")


class Walker:
    """Goes through a screen with keys, and notes what is wrong; ``where`` names the screen."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self.pilot = pilot
        self.where = ""
        self.faults: list[str] = []

    @property
    def screen(self) -> Screen[object]:
        return self.pilot.app.screen

    def blame(self, what: str) -> None:
        said = f"{self.where}: {what}"
        if said not in self.faults:
            self.faults.append(said)

    def lines(self) -> list[str]:
        """The screen as the terminal has it."""
        return [strip.text for strip in self.screen._compositor.render_strips()]

    async def visit(self, where: str) -> None:
        """Everything that can be said of the screen in front."""
        self.where = f"{where} {'x'.join(map(str, self.pilot.app.size))}"
        await settle(self.pilot)
        self.look()
        if isinstance(self.screen, PanelScreen):
            await self.panels(self.screen)
            if not any(panel.has_focus_within for panel in self.screen.shown):
                self.blame(f"{self.screen.focused!r} has the focus, and no panel")
        else:
            await self.inside()

    def look(self) -> None:
        """What is on the screen at this moment."""
        lines = self.lines()
        width, height = self.pilot.app.size
        for line in lines:
            for complaint in complaints(line):
                self.blame(f"reaches the terminal: {complaint}")
            if set("\n\r\t") & set(line) or cell_len(line) != width:
                self.blame(f"a line that is not one: {line!r}")
        if len(lines) != height:
            self.blame(f"{len(lines)} lines")
        text = " ".join(" ".join(lines).split())
        for trouble in TROUBLE:
            if trouble in text:
                at = text.index(trouble)
                self.blame(text[at : at + 120])
        for widget in displayed(self.screen):
            self._place(widget)
            if widget.size:
                for whole, drawn in texts(widget):
                    if cut_silently(whole, drawn):
                        self.blame(f"{widget!r} shows {drawn!r} of {whole!r}")
        self._footer()

    def _place(self, widget: Widget) -> None:
        """(d): what lies outside can be scrolled to."""
        try:
            geometry = self.screen.find_widget(widget)
        except NoWidget:
            return self.blame(f"{widget!r} has no place")
        region, seen = geometry.region, geometry.clip.intersection(geometry.region)
        around = [a for a in widget.ancestors if isinstance(a, Widget)]
        down = any(a.max_scroll_y and a.styles.overflow_y != "hidden" and by_keys(a) for a in around)
        across = any(a.max_scroll_x and a.styles.overflow_x != "hidden" and by_keys(a) for a in around)
        if seen.height < region.height and not down:
            self.blame(f"{widget!r}: {seen.height} of {region.height} rows are on the screen")
        if seen.width < region.width and not across and region.height:
            self.blame(f"{widget!r}: {seen.width} of {region.width} columns are on the screen")
        if not region.area and isinstance(content := rendered(widget), Content) and content.plain.strip():
            self.blame(f"{widget!r} has no room: {content.plain!r}")
        if widget.focusable and not region.area:
            self.blame(f"{widget!r} takes the focus, and is not seen")

    def _footer(self) -> None:
        """(c): keys that are offered work here, and are whole."""
        try:
            bar = self.screen.query_one(KeyBar)
        except NoMatches:
            return
        focused = self.screen.focused
        wanted = "".join(f"{offer.shown} {offer.what}  " for offer in bar.fitting).rstrip()
        if bar.render_line(0).text.rstrip() != wanted:
            self.blame(f"the footer reads {bar.render_line(0).text!r}, not {wanted!r}")
        if not bar.fitting and self.screen.active_bindings:
            self.blame("the footer offers nothing")
        for offer in bar.fitting:
            active = self.screen.active_bindings.get(offer.key)
            if active is None or not active.enabled:
                self.blame(f"the footer offers {offer.shown}, which does nothing")
            if isinstance(focused, Input) and len(offer.key) == 1:
                self.blame(f"the footer offers {offer.shown}, which is typed into {focused!r}")

    # Reaching

    async def panels(self, screen: PanelScreen) -> None:
        """Each panel comes by its digit, and what is in it can be reached; Tab goes through all that are shown."""
        if screen.is_modal or not screen.shown:
            return
        await self.tabs()
        for number, panel in enumerate(screen.panels, start=1):
            if not screen.fits(panel):
                continue
            if number > 9:
                self.blame(f"{panel!r} has no digit")
            if panel not in screen.shown:
                await press(self.pilot, str(number))
            if panel not in screen.shown:
                self.blame(f"{panel!r} does not come by {number}")
                continue
            self.look()
            await self.inside(panel)
        await press(self.pilot, "0")

    async def tabs(self) -> None:
        """Tab comes to all that can have the focus."""
        wanted = {w for w in displayed(self.screen) if w.focusable}
        found = set()
        for _ in range(len(wanted) + 2):
            await self.pilot.press("tab")
            if self.screen.focused is not None:
                found.add(self.screen.focused)
        for missing in wanted - found:
            self.blame(f"Tab does not come to {missing!r}")

    async def inside(self, root: Widget | None = None) -> None:
        """Every row and column of every table and list in it."""
        for widget in list(displayed(root or self.screen)):
            if not widget.is_attached or not widget.size:
                continue
            if widget.focusable and isinstance(widget, (Table, OptionList, Scrolled)):
                widget.focus()
                await settle(self.pilot)
                self._footer()
            if isinstance(widget, Table):
                await (self._table(widget) if widget.focusable else self._still(widget))
            elif isinstance(widget, OptionList) and widget.option_count and widget.focusable:  # else a field leads it
                await press(self.pilot, "end")
                chosen = [i for i in range(widget.option_count) if not widget.get_option_at_index(i).disabled]
                if chosen and widget.highlighted != chosen[-1]:
                    self.blame(f"{widget!r}: End is not at the last line")
                self.look()
                await press(self.pilot, "home")

    async def _table(self, table: Table) -> None:
        if not table.row_count:
            return
        await press(self.pilot, "home")
        seen: set[int] = set()
        for _ in range(len(table._columns) + 1):
            seen |= {i for i, _ in table._layout.places}
            for i, width in table._layout.places:
                if width < min(4, table._wanted[i]):
                    self.blame(f"{table!r}: column {i} is {width} wide")
            self.look()
            if not table._layout.right:
                break
            await press(self.pilot, "right")
        for i, width in enumerate(table._wanted):
            if width and i not in seen:
                self.blame(f"{table!r}: column {table._columns[i].title!r} cannot be reached")
        await press(self.pilot, *["left"] * table._layout.left)
        top = set()
        for key in ("end", "pageup", "pagedown", "home"):
            await press(self.pilot, key)
            if not any(line.cursor for line in table._lines):
                self.blame(f"{table!r}: {key} has the cursor out of sight")
            top.add(table._place)
        if table.row_count > 1 and table.row_count - 1 not in top:
            self.blame(f"{table!r}: the last of {table.row_count} rows cannot be reached")
        await press(self.pilot, "end")
        self.look()
        drawn = [table.render_line(y).text for y in range(table.size.height)]
        first = next((c.text for c in table.rows[-1] if c.text), "")
        if first and not any(beginning(first) in squeezed(line) for line in drawn):
            self.blame(f"{table!r}: no line has {first!r}")
        at = self.screen.find_widget(table)
        if at.clip.intersection(at.region).height < at.region.height:
            self.blame(f"{table!r}: the last row is off the screen")
        await press(self.pilot, "home")

    async def _still(self, table: Table) -> None:
        """A table without a cursor, in something that scrolls."""
        if not table.row_count:
            return
        if table.row_count > table._page:
            self.blame(f"{table!r} shows {table._page} of {table.row_count} rows, and has no keys")
        if table._layout.left or table._layout.right:
            self.blame(f"{table!r} has columns out of sight, and no keys")
        await press(self.pilot, "end")
        place = self.screen.find_widget(table)
        last = Region(place.region.x, place.region.bottom - 1, place.region.width, 1)
        if not place.clip.overlaps(last):
            self.blame(f"{table!r}: End does not come to its last row")
        self.look()
        await press(self.pilot, "home")


def displayed(root: Widget) -> Iterator[Widget]:
    """All that is shown in it."""
    for widget in root.walk_children(Widget):
        inside = (widget, *(a for a in widget.ancestors if isinstance(a, Widget)))
        notices = any(isinstance(a, (Toast, ToastRack)) for a in inside)
        if not notices and all(a.display and a.visible for a in inside) and widget.id != "textual-tooltip":
            yield widget


def by_keys(scroller: Widget) -> bool:
    """Whether keys can scroll it: its own, or those that bring the focus to something in it."""
    return scroller.focusable or any(w.focusable for w in scroller.walk_children(Widget))


def rendered(widget: Widget) -> object:
    """What a widget that is a text says; None for those that draw their lines themselves."""
    kind = type(widget)
    if kind.render is Widget.render or kind.render_line is not Widget.render_line or widget.children:
        return None
    return widget._render()


def texts(widget: Widget) -> Iterator[tuple[str, str]]:
    """(whole, drawn): each text of a widget."""
    if isinstance(widget, Table):
        yield from cells(widget)
    elif isinstance(widget, OptionList):
        yield from options(widget)
    elif isinstance(content := rendered(widget), Content):
        yield content.plain, "\n".join(widget.render_line(y).text for y in range(widget.size.height))
    for title, y in ((widget.border_title, 0), (widget.border_subtitle, widget.outer_size.height - 1)):
        if title and widget.styles.border_top[0]:
            width, _ = widget.outer_size
            edge = widget.render_lines(Region(0, y, width, 1))[0].text
            whole = Content.from_markup(title).plain if isinstance(title, str) else str(title)
            inner = re.sub(r"^[^\w\[(…~]{1,3}|\s[^\w\[…~]*$", "", edge)
            yield whole, inner if squeezed(whole) not in squeezed(edge) else whole


def cells(table: Table) -> Iterator[tuple[str, str]]:
    """The titles and cells that are in sight."""
    for y, line in enumerate(table._lines):
        drawn = table.render_line(y).text
        if line.kind == "hint" and not table._rows and table.hint:
            continue
        if line.kind == "foot":
            yield line.text, drawn
        if line.kind not in ("row", "head"):
            continue
        start = 1
        for i, width in table._layout.places:
            whole = table._title(i) if line.kind == "head" else line.row[i].text
            yield whole, at_columns(drawn, start, width)
            start += width + GAP
    if not len(table._rows) and table.hint:
        yield table.hint, " ".join(line.text for line in table._lines)


def options(options: OptionList) -> Iterator[tuple[str, str]]:
    """The lines that are wholly in sight."""
    drawn: dict[int, str] = {}
    for y in range(options.size.height):
        strip = options.render_line(y)
        number = next((s.style.meta["option"] for s in strip if s.style and "option" in s.style.meta), None)
        if number is not None:
            drawn[number] = drawn.get(number, "") + strip.text
    for number, text in list(drawn.items())[1:-1] or drawn.items():
        prompt = options.get_option_at_index(number).prompt
        whole = prompt.plain if isinstance(prompt, Content) else str(prompt)
        if squeezed(whole) not in squeezed(text):
            yield whole, text


def at_columns(line: str, start: int, width: int) -> str:
    """What stands in these columns of the terminal."""
    found, at = "", 0
    for letter in line:
        if start <= at < start + width:
            found += letter
        at += cell_len(letter)
    return found


def squeezed(text: str) -> str:
    return "".join(text.split())


def beginning(text: str) -> str:
    return squeezed(text)[:3]


def cut_silently(whole: str, drawn: str) -> bool:
    """Whether part of a text is missing, and nothing says so."""
    return squeezed(whole) not in squeezed(drawn) and not SIGN.search(drawn)

"""All experiments of a folder: who won, how far they are; look at them, go on with them, compare, merge, delete them.

The list is read in a thread (``tui.catalogue``): names are there at once, and the rest fills in.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.worker import get_current_worker

from hpobench_tui.engine.front import lifecycle, trash
from hpobench_tui.store.reader import FILE
from hpobench_tui.tui.catalogue import Entry, catalogue
from hpobench_tui.tui.read_only import writes
from hpobench_tui.tui.screens.confirm import ConfirmScreen
from hpobench_tui.tui.screens.control import Commands, Subject
from hpobench_tui.tui.screens.export import ExportScreen
from hpobench_tui.tui.screens.merge import MergeScreen
from hpobench_tui.tui.widgets.bar import duration
from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.keybar import KeyBar
from hpobench_tui.tui.widgets.table import Cell, Column, Lazy, Row, Table, Tone
from hpobench_tui.tui.widgets.table.cells import cut, wrapped
from hpobench_tui.tui.widgets.words import Words

COLUMNS = (
    Column("experiment", yields=True),
    Column("status"),
    Column("winner", yields=True),
    Column("runs", "right"),
    Column("failed", "right"),
    Column("started"),
    Column("time", "right", spare=1),
    Column("size", "right", spare=2),
)
_TONES: dict[str, Tone] = {
    "running": "good", "waiting": "good", "paused": "warn", "cancelled": "warn", "interrupted": "bad",
    "unreadable": "bad",
}  # fmt: skip
_UNKNOWN = Cell("…", "dim")
_WINNER = 24
"""Columns of the terminal for who won."""
_MOST_OF_TROUBLE, _MOST_OF_A_LINE = 4, 2
"""Lines."""
PERIOD, SHOWN = 1.0, 0.1
"""Seconds between looks at what runs, and at least between two tellings of what was read."""


class ResultsScreen(Commands[None]):
    """The experiments below one folder, newest first."""

    CSS_PATH = "results.tcss"
    HELP = """\
Experiments in the outputs folder, newest first. The winner has the lowest median or, over several problems, the \
best average rank; the line below the list says which. An interrupted one (a reboot, a kill) can go on from where it \
was (R): finished runs are kept, half-done ones are replayed. Space marks experiments, for C, M, e and D. What is \
deleted is put into .trash below the outputs folder: U brings the latest back, X empties the trash for good."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "resume", "Resume"),
        Binding("C", "compare", "Compare", tooltip="The marked ones"),
        Binding("M", "merge", "Merge", tooltip="The marked ones, as one"),
        Binding("D", "delete", "Delete", tooltip="The marked ones, or this one"),
        Binding("U", "undo", "Undo the latest deletion", show=False),
        Binding("X", "empty_trash", "Empty the trash", show=False),
        Binding("ctrl+l", "look", "Look again", show=False),
        Binding("escape", "back", "Back"),
    ]

    class News(Message):
        """The catalogue has something new; several are one."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, ResultsScreen.News)

    def __init__(self, root: Path, watch: Callable[[Path], object]) -> None:
        super().__init__()
        self._watch = watch
        self._root = root
        self._catalogue = catalogue(root.absolute())
        self._marked: set[Path] = set()
        self._again = threading.Event()
        self._drawn: tuple[Entry, ...] | None = None
        self._settled = False

    def compose(self) -> ComposeResult:
        yield Words(id="where")
        yield Table(COLUMNS, id="experiments", name_of="experiments", space="Mark")
        yield Words(id="about")
        yield KeyBar()

    def on_mount(self) -> None:
        self.title = "Results"
        self.query_one("#experiments").focus()
        self._show()

    # Reading

    def on_screen_resume(self) -> None:
        self._settled = False
        self._read()
        self._show()

    def on_screen_suspend(self) -> None:
        self.workers.cancel_group(self, "read")
        self._again.set()

    def on_unmount(self) -> None:
        self._again.set()

    @property
    def settled(self) -> bool:
        """Whether the list shows all that was asked for."""
        return self._settled and not self.busy

    def awake(self) -> None:
        self.action_look()

    def action_look(self) -> None:
        """Look at every store whether it has changed."""
        self._settled = False
        self._again.set()

    @work(thread=True, exclusive=True, group="read")
    def _read(self) -> None:
        worker = get_current_worker()
        again, told = True, 0.0
        while not worker.is_cancelled:
            self._again.clear()
            for _ in self._catalogue.look(again):
                if worker.is_cancelled:
                    return
                if time.monotonic() - told > SHOWN:
                    told = time.monotonic()
                    self.post_message(self.News())
                time.sleep(0)
            self._settled = not self._again.is_set()
            self.post_message(self.News())
            again = self._again.wait(PERIOD)

    def on_results_screen_news(self) -> None:
        if self.is_current:
            self._show()

    def _show(self) -> None:
        entries = self._catalogue.entries
        if self._settled:  # while it looks, some may not be there yet
            self._marked &= {entry.folder for entry in entries}
        self._say_where()
        if entries != self._drawn:
            self._drawn = entries
            self._fill()
        self._describe()

    def _say_where(self) -> None:
        entries = self._catalogue.entries
        known = sum(bool(entry.status) for entry in entries)
        reading = "" if known == len(entries) else f", reading {known}/{len(entries)}"
        marked = f", {len(self._marked)} marked" if self._marked else ""
        self.query_one("#where", Words).say(f"{len(entries)} experiments in {self._root}{reading}{marked}")

    def _fill(self) -> None:
        entries = self._catalogue.entries
        lines = Lazy(entries, self._cells, lambda e: e.folder, value, text_of, is_bad, lambda e: str(e.folder))
        done = self._catalogue.complete
        hint = "no experiments yet: Esc goes back to start one" if done or self._settled else "looking…"
        self.query_one("#experiments", Table).fill(lines, hint)

    def _cells(self, entry: Entry) -> Row:
        mark = ("* " if looks.only_ascii() else "● ") if entry.folder in self._marked else ""
        return row_of(entry, mark)

    # What is under the cursor

    def _describe(self) -> None:
        entry, words = self._entry(), self.query_one("#about", Words)
        width, most = max(self.size.width - 2, 10), _MOST_OF_TROUBLE if entry and entry.trouble else _MOST_OF_A_LINE
        lines = about(entry).split("\n") if entry else []
        words.say("\n".join(part for line in lines for part in wrapped(line, width, most, looks.only_ascii())))

    def _entry(self) -> Entry | None:
        folder = self.query_one("#experiments", Table).cursor_key
        return next((entry for entry in self._catalogue.entries if entry.folder == folder), None)

    def on_resize(self) -> None:
        self._describe()

    def on_table_moved(self) -> None:
        self._describe()

    def on_table_chosen(self) -> None:
        if entry := self._usable():
            self._watch(self._shown(entry.folder))

    def on_table_toggled(self, message: Table.Toggled) -> None:
        if isinstance(message.key, Path):
            self._marked ^= {message.key}
            self._fill()
            self._say_where()

    def _shown(self, folder: Path) -> Path:
        """As the app was told of its outputs folder."""
        return self._root / folder.name

    def _usable(self) -> Entry | None:
        entry = self._entry()
        if entry is not None and entry.trouble:
            self.notify(entry.trouble, severity="error", timeout=10)
            return None
        return entry

    def subject(self) -> Subject | None:
        if (entry := self._usable()) is None:
            return None
        if not entry.status:
            self.notify(f"{entry.folder.name} is not read yet.")
            return None
        return Subject(self._shown(entry.folder), entry.status, entry.failed, resumable=entry.resumable)

    def _chosen(self) -> list[Entry]:
        """The marked ones, else the one under the cursor, which can be read."""
        marked = [entry for entry in self._catalogue.entries if entry.folder in self._marked]
        return marked or [entry for entry in [self._entry()] if entry]

    def _several(self, what: str) -> list[Path]:
        chosen = [entry for entry in self._catalogue.entries if entry.folder in self._marked]
        if bad := next((entry for entry in chosen if entry.trouble), None):
            self.notify(bad.trouble or "", severity="error", timeout=10)
            return []
        if len(chosen) < 2:
            self.notify(f"Mark two experiments or more with Space; then {what}.")
            return []
        return [self._shown(entry.folder) for entry in reversed(chosen)]  # the oldest first

    # Actions

    @writes
    def action_resume(self) -> None:
        entry = self._usable()
        if entry is None:
            return
        if not entry.resumable:
            words = "It is running." if entry.lives else "All its runs have ended: there is nothing to resume."
            self.notify(words)
            return
        folder = self._shown(entry.folder)

        def resume() -> None:
            lifecycle.resume(folder)
            self.app.call_from_thread(self._watch, folder)

        self.act(resume)

    @writes
    def action_export(self) -> None:
        """The marked ones, one after the other, or the one under the cursor."""
        chosen = [self._shown(entry.folder) for entry in self._chosen() if not entry.trouble]
        if not chosen:
            self._usable()

        def export(_: object = None) -> None:
            if chosen:
                self.app.push_screen(ExportScreen(chosen.pop(0)), export)

        export()

    def action_compare(self) -> None:
        from hpobench_tui.tui.screens.compare import CompareScreen

        if folders := self._several("C compares them"):
            self.app.push_screen(CompareScreen(folders))

    @writes
    def action_merge(self) -> None:
        folders = self._several("M makes one of them")
        if not folders:
            return
        name = lifecycle.STAMP.sub("", folders[0].name)
        target = self._root / f"{name}-merged-{time.strftime('%Y%m%d-%H%M%S')}"

        def merged(folder: Path | None) -> None:
            if folder is not None:
                self._marked.clear()
                self.notify(f"Merged into {folder}.")

        self.app.push_screen(MergeScreen(folders, target), merged)

    @writes
    def action_delete(self) -> None:
        chosen = self._chosen()
        if not chosen:
            return
        if living := next((entry for entry in chosen if entry.lives), None):
            self.notify(f"{living.folder.name} is running; c cancels it.", severity="error")
            return
        folders = [self._shown(entry.folder) for entry in chosen]
        runs, size = sum(entry.runs for entry in chosen), sum(entry.size or 0 for entry in chosen)
        named = folders[0].name if len(folders) == 1 else f"{len(folders)} experiments"
        names = "" if len(folders) == 1 else ", ".join(folder.name for folder in folders[:5])
        more = f" and {len(folders) - 5} more" if len(folders) > 5 else ""
        words = f"{names}{more}\n" * bool(names) + (
            f"{runs} runs, {amount(size)}. It goes into {self._root / trash.FOLDER}: U brings it back,"
            " X there removes it for good."
        )

        def answered(yes: bool | None) -> None:
            if yes:
                self.act(lambda: trash.delete(folders), f"Deleted {named}; U brings it back.")

        self.app.push_screen(ConfirmScreen(f"Delete {named}?", words, "Delete"), answered)

    @writes
    def action_undo(self) -> None:
        def undo() -> None:
            back = trash.bring_back(self._root)
            words = f"Back: {', '.join(folder.name for folder in back)}." if back else "There is nothing to bring back."
            self.app.call_from_thread(self.notify, words)
            self.app.call_from_thread(self.action_look)

        self.act(undo)

    @writes
    def action_empty_trash(self) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.act(lambda: trash.empty(self._root), "The trash is empty.")

        def ask() -> None:
            there = trash.contents(self._root)
            if not there:
                self.app.call_from_thread(self.notify, "The trash is empty.")
                return
            words = f"{len(there)} deleted experiments, {amount(sum(map(trash.size, there)))}. They are gone then."
            question = ConfirmScreen("Empty the trash?", words, "Remove for good")
            self.app.call_from_thread(self.app.push_screen, question, answered)

        self.act(ask)

    def action_back(self) -> None:
        self.dismiss()


def row_of(entry: Entry, mark: str = "") -> Row:
    """What the list says of an experiment; what is not known yet is an ellipsis."""
    name = Cell(mark + entry.folder.name, "accent" if mark else "", bold=entry.trouble is None, value=entry.folder.name)
    when = Cell(moment(entry.started), "dim", value=entry.started)
    size = _UNKNOWN if entry.size is None else Cell(amount(entry.size), "dim", value=entry.size)
    if not entry.status:
        return name, _UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN, when, _UNKNOWN, size
    status = Cell(entry.status, _TONES.get(entry.status, ""))
    if entry.trouble:
        said = " ".join(entry.trouble.replace(str(entry.folder / FILE), "it").split())
        reason = Cell(cut(said, _WINNER, looks.only_ascii()), "bad")
        return name, status, reason, Cell(""), Cell(""), when, Cell(""), size
    share = entry.ended / entry.runs if entry.lives and entry.runs else None
    failed = Cell(str(entry.failed) if entry.failed else "·", "bad" if entry.failed else "dim", value=entry.failed)
    runs = Cell(f"{entry.ended}/{entry.runs}", share=share, value=entry.runs)
    return name, status, _leader(entry), runs, failed, when, Cell(duration(entry.seconds), value=entry.seconds), size


def _leader(entry: Entry) -> Cell:
    if entry.leader is None:
        return _UNKNOWN
    final = entry.current and entry.ended == entry.runs
    return Cell(cut(entry.leader or "·", _WINNER, looks.only_ascii()), "" if final and entry.leader else "dim")


def value(entry: Entry, column: int) -> object:
    """What an entry is sorted by."""
    cell = row_of(entry)[column]
    return cell.value if cell.value is not None else cell.text if cell is not _UNKNOWN else None


def text_of(entry: Entry) -> str:
    """What a filter looks into: also problems and optimizers."""
    return " ".join((entry.folder.name, entry.status, entry.leader or "", entry.about, entry.trouble or ""))


def is_bad(entry: Entry) -> bool:
    """Whether something failed, or cannot be read."""
    return bool(entry.failed or entry.failed_trials or entry.trouble or entry.reason)


def about(entry: Entry) -> str:
    """What there is to know of an entry, in a few lines; what matters most comes first."""
    if entry.trouble:
        return entry.trouble
    lines = [f"{entry.status}: {entry.reason}"] if entry.reason else []
    if entry.leader is not None:
        so_far = "" if entry.ended == entry.runs else f" so far ({entry.ended} of {entry.runs} runs have ended)"
        lines.append(f"winner{so_far}: {entry.leader or 'nobody'}, {entry.rule}")
    if entry.failed or entry.failed_trials:
        lines.append(f"{entry.failed} runs failed, {entry.failed_trials} trials failed")
    return "\n".join([*lines, entry.about])


def moment(seconds: float) -> str:
    """Of this year with its time, else the day."""
    then = time.localtime(seconds)
    return time.strftime("%m-%d %H:%M" if then.tm_year == time.localtime().tm_year else "%Y-%m-%d", then)


def amount(size: int) -> str:
    """Bytes for people.

    >>> amount(999), amount(12_345), amount(286_000_000)
    ('999 B', '12 KB', '286 MB')
    """
    number, units = float(size), ["B", "KB", "MB", "GB", "TB"]
    while number >= 1000 and len(units) > 1:
        number, _ = number / 1000, units.pop(0)
    return f"{number:.1f} {units[0]}" if number < 10 and units[0] != "B" else f"{number:.0f} {units[0]}"

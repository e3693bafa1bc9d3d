"""Opens a preset or an experiment file, and saves one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList
from textual.worker import get_current_worker

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.text import in_line
from hpobench_tui.engine.front import described, presets, spec
from hpobench_tui.engine.front.estimate import estimate
from hpobench_tui.engine.front.files import expanded
from hpobench_tui.tui.form import Form
from hpobench_tui.tui.screens.confirm import ConfirmScreen
from hpobench_tui.tui.widgets.bar import duration, size
from hpobench_tui.tui.widgets.words import Words

MOST_FILES = 200
"""Of a folder, as many are offered."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A preset, file or folder that can be opened."""

    name: str
    about: str = ""
    told: str = ""
    is_preset: bool = False
    warn: bool = False


class OpenScreen(ModalScreen[tuple[str, Form] | None]):
    """Answers with what was opened, and the form of it."""

    CSS_PATH = "setup_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+r", "open", "Open"),
        Binding("down", "move(1)", "Next", show=False),
        Binding("up", "move(-1)", "Before", show=False),
        Binding("pagedown", "move(5)", "Further", show=False),
        Binding("pageup", "move(-5)", "Back", show=False),
        Binding("tab", "complete", "Complete a path", priority=True),
        Binding("escape", "close", "Close"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._presets = [_unmeasured(name) for name in presets.names()]
        self._offers: list[Offer] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Open a preset or an experiment file"
            yield Input(placeholder="words of a preset, or a path", id="where", compact=True)
            yield OptionList(id="offers")
            yield Words(id="said")
            with Horizontal(classes="buttons"):
                yield Button("Close (Esc)", id="close", compact=True)
                yield Button("Open (Enter)", id="yes", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.query_one("#offers").can_focus = False
        self.query_one("#where").focus()
        self._fill()
        self._measure()

    @work(thread=True)
    def _measure(self) -> None:
        """How many runs each preset has, and what they cost."""
        worker = get_current_worker()
        measured = [_measured(offer) for offer in self._presets]
        if not worker.is_cancelled:
            self.app.call_from_thread(self._known, measured)

    def _known(self, measured: list[Offer]) -> None:
        self._presets = measured
        if self.is_mounted:
            self._fill(keep=True)

    def _fill(self, keep: bool = False) -> None:
        """What fits what is typed: presets by their words, files by their path."""
        typed, options = self.query_one("#where", Input).value.strip(), self.query_one("#offers", OptionList)
        place = options.highlighted if keep else 0
        words = typed.casefold().split()
        fit = [o for o in self._presets if all(word in f"{o.name} {o.about}".casefold() for word in words)]
        fit.sort(key=lambda offer: offer.name != typed)
        self._offers = [*fit, *files_at(typed)]
        options.clear_options()
        options.add_options([_shown(offer) for offer in self._offers])
        options.highlighted = min(place or 0, len(self._offers) - 1) if self._offers else None
        self._say("" if self._offers else "No preset has these words, and no file is there.")

    @on(Input.Changed)
    def typed(self) -> None:
        self._fill()

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def submitted(self) -> None:
        self.action_open()

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "close":
            self.action_close()
        else:
            self.action_open()

    def action_move(self, by: int) -> None:
        options = self.query_one("#offers", OptionList)
        if self._offers:
            options.highlighted = min(max((options.highlighted or 0) + by, 0), len(self._offers) - 1)

    def action_complete(self) -> None:
        """The path as far as it is clear; else that of the line under the cursor."""
        field = self.query_one("#where", Input)
        field.value = completed(field.value) or field.value
        field.cursor_position = len(field.value)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_open(self) -> None:
        place = self.query_one("#offers", OptionList).highlighted
        typed = self.query_one("#where", Input).value.strip()
        if place is None:
            if typed:
                self._read(typed)
            return
        offer = self._offers[place]
        if offer.name.endswith("/"):
            field = self.query_one("#where", Input)
            field.value, field.cursor_position = offer.name, len(offer.name)
        elif offer.is_preset:
            try:
                self.dismiss((offer.name, Form.of(presets.load(offer.name))))
            except HpobenchError as error:
                self._say(str(error), wrong=True)
        else:
            self._read(offer.name)

    def _read(self, path: str) -> None:
        """In a thread: a file may name files of a person's own, which are described in processes."""
        self._say(f"Reading {path}…")
        self._work(path)

    @work(thread=True, exclusive=True, group="read")
    def _work(self, path: str) -> None:
        worker = get_current_worker()
        try:
            form = Form.of(spec.load(expanded(path)))
        except HpobenchError as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._say, str(error), wrong=True)
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(self.dismiss, (path, form))

    def _say(self, text: str, wrong: bool = False) -> None:
        said = self.query_one("#said", Words)
        said.say(text)
        said.set_class(wrong, "error")


class SaveScreen(ModalScreen[str | None]):
    """Asks for a path, and writes; answers with where."""

    CSS_PATH = "setup_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+r", "save", "Save"),
        Binding("tab", "complete", "Complete a path", priority=True),
        Binding("escape", "close", "Close"),
    ]

    def __init__(self, form: Form, path: str) -> None:
        super().__init__()
        self._form, self._path = form, path

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Save as an experiment file (hpobench run FILE)"
            yield Input(self._path, id="where", compact=True)
            yield Words("A .toml file; Tab completes the path.", id="said")
            with Horizontal(classes="buttons"):
                yield Button("Close (Esc)", id="close", compact=True)
                yield Button("Save (Enter)", id="yes", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.query_one("#where").focus()

    @on(Input.Submitted)
    def submitted(self) -> None:
        self.action_save()

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "close":
            self.action_close()
        else:
            self.action_save()

    def action_complete(self) -> None:
        field = self.query_one("#where", Input)
        field.value = completed(field.value) or field.value
        field.cursor_position = len(field.value)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_save(self) -> None:
        text = self.query_one("#where", Input).value.strip()
        path = expanded(text)
        if not text or text.endswith("/"):
            self._wrong("Name a file.")
        elif path.suffix != ".toml":
            self._wrong("The name must end in .toml, by which `hpobench run` knows a file.")
        elif path.is_dir():
            self._wrong(f"{text} is a folder.")
        elif path.exists():

            def answered(yes: bool | None) -> None:
                if yes:
                    self._write(path, force=True)

            self.app.push_screen(
                ConfirmScreen(f"Write over {in_line(text)}?", "What it holds now is lost.", "Write over it"), answered
            )
        else:
            self._write(path, force=False)

    def _write(self, path: Path, force: bool) -> None:
        try:
            described.save(self._form.data(), path, force)
        except HpobenchError as error:
            self._wrong(str(error))
        else:
            self.dismiss(str(path))

    def _wrong(self, text: str) -> None:
        said = self.query_one("#said", Words)
        said.say(text)
        said.add_class("error")


def files_at(typed: str) -> list[Offer]:
    """Experiment files and folders whose path begins with what is typed; without any, those of this folder."""
    folder, name = _split(typed)
    try:
        found = sorted(path for path in expanded(folder or ".").iterdir() if path.name.startswith(name))
    except OSError:
        return []
    pathlike = "/" in typed or typed.startswith((".", "~"))
    offers = [
        Offer(f"{folder}{path.name}{'/' * path.is_dir()}", "a folder" if path.is_dir() else "an experiment file")
        for path in found
        if path.suffix == ".toml"
        or (pathlike and path.is_dir() and (name.startswith(".") or not path.name.startswith(".")))
    ]
    return offers[:MOST_FILES]


def completed(typed: str) -> str:
    """The path as far as the files there make it clear; empty: there is none."""
    found = [offer.name for offer in files_at(typed if "/" in typed or not typed else f"./{typed}")]
    if not found:
        return ""
    common = found[0]
    for name in found[1:]:
        while not name.startswith(common):
            common = common[:-1]
    return common if len(common) > len(typed) or "/" not in typed else typed


def _split(typed: str) -> tuple[str, str]:
    """The folder with its slash, and the beginning of a name."""
    folder, slash, name = typed.rpartition("/")
    return (f"{folder}{slash}", name)


def _unmeasured(name: str) -> Offer:
    return Offer(name, presets.description(name), is_preset=True)


def _measured(offer: Offer) -> Offer:
    try:
        extras = presets.lacking(offer.name)
        if extras:
            told = f"not installed for it: pip install 'hpobench-tui[{','.join(extras)}]'"
            return Offer(offer.name, offer.about, told, True, warn=True)
        cost = estimate(presets.load(offer.name))
    except HpobenchError as error:
        return Offer(offer.name, offer.about, str(error), True, warn=True)
    parts = [f"{sum(cost.runs.values())} runs"]
    if None not in cost.objective_seconds.values():
        parts.append(f"about {duration(cost.seconds)}")
    if cost.disk_bytes is not None:
        parts.append(size(cost.disk_bytes))
    return Offer(offer.name, offer.about, " · ".join(parts), True)


def _shown(offer: Offer) -> Content:
    tone = "$text-warning" if offer.warn else "$text-success"
    parts: Sequence[object] = [(in_line(offer.name), "bold")]
    if offer.told:
        parts = [*parts, "  ", (in_line(offer.told), tone)]
    if offer.about:
        parts = [*parts, "\n" if offer.is_preset else "  ", (in_line(offer.about), "dim")]
    return Content.assemble(*parts)  # type: ignore[arg-type]

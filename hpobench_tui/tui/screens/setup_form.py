"""A form made from descriptions of settings: what each may be, checked while it is typed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Label

from hpobench_tui.core.configuration import Value
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.parameter import READ, WORDS, Parameter, Range
from hpobench_tui.core.text import in_line
from hpobench_tui.tui.widgets.choice import Choice
from hpobench_tui.tui.widgets.words import Words

OUTSIDE = 8
"""Lines of a dialog that do not scroll: its border, what is said, its buttons."""
NONE = "none"
"""What stands in the field of a setting that may be left out, and is."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of a form.

    Attributes:
        text: What stands in it at first.
        help: What it is, and what it may be.
        choices: What it may be, where that is one of a few.
        read: The value of a text; raises :class:`HpobenchError`.
        group: A heading above it.
    """

    name: str
    text: str
    help: str
    read: Callable[[str], object]
    choices: tuple[str, ...] = ()
    group: str = ""


def of_parameter(parameter: Parameter, value: Value, owner: str) -> Setting:
    """The line of a parameter of a problem or an optimizer."""
    choices = tuple(map(_written, parameter.choices or ((False, True) if type(parameter.default) is bool else ())))
    ends = [
        f"{words} {end:g}" for words, end in (("from", parameter.minimum), ("to", parameter.maximum)) if end is not None
    ]
    valid = " ".join([WORDS[type(parameter.default)], *ends]) if not choices else ""
    told = [parameter.help, valid and f"{valid[0].upper()}{valid[1:]}.", f"Default: {_written(parameter.default)}."]
    return Setting(
        parameter.name, _written(value), " ".join(filter(None, told)),
        lambda text: parameter.read(text if type(parameter.default) is str else text.strip(), owner), choices,
    )  # fmt: skip


def of_range(name: str, valid: Range, value: object, default: object, group: str = "") -> Setting:
    """The line of a number in a range; one that is none by default may be so."""

    def read(text: str) -> object:
        text = text.strip()
        if default is None and text in ("", NONE):
            return None
        try:
            number: object = READ[int](text)
        except ValueError:
            try:
                number = text if valid.whole else READ[float](text)
            except ValueError:
                number = text
        if number not in valid:
            raise HpobenchError(f"{name}: must be {valid}, not {in_line(text) or 'empty'}.")
        return number

    help = f"{str(valid)[0].upper()}{str(valid)[1:]}{f', or {NONE}' if default is None else ''}; default: "
    return Setting(name, _shown(value), f"{help}{_shown(default)}.", read, group=group)


def one_of(name: str, choices: Sequence[str], value: str, help: str, group: str = "") -> Setting:
    """The line of a choice."""
    return Setting(name, value, help, str, tuple(choices), group)


class FormScreen(ModalScreen[Mapping[str, object] | None]):
    """Shows settings, and answers with their values by name, or None.

    Args:
        check: Says something of values that are each right (a preview, what comes of them), or raises what is wrong
            with them together.
    """

    CSS_PATH = "setup_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "apply", "Apply"),
        Binding("escape", "close", "Close"),
    ]

    def __init__(
        self,
        title: str,
        about: str,
        settings: Sequence[Setting],
        check: Callable[[Mapping[str, object]], str] = lambda values: "",
        yes: str = "Apply",
    ) -> None:
        super().__init__()
        self._title, self._about, self.settings, self._check, self._yes = title, about, settings, check, yes

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(in_line(self._title))
            with VerticalScroll(can_focus=False, classes="body"):
                yield Words(self._about, classes="about")
                group = ""
                for number, setting in enumerate(self.settings):
                    if setting.group != group:
                        group = setting.group
                        yield Words(group, classes="group")
                    with Horizontal(classes="setting"):
                        yield Label(Content(in_line(setting.name)))
                        if setting.choices:
                            yield Choice(setting.choices, setting.text, id=f"s{number}")
                        else:
                            yield Input(setting.text, id=f"s{number}", compact=True)
                    yield Words(setting.help, id=f"h{number}", classes="help")
                yield from self.more()
            yield Words(id="said")
            with Horizontal(classes="buttons"):
                yield Button("Close (Esc)", id="close", compact=True)
                yield Button(f"{self._yes} (Ctrl+R)", id="yes", variant="primary", compact=True)

    def more(self) -> Sequence[Widget]:
        """What is shown below the settings."""
        return ()

    def on_resize(self) -> None:
        """What is said and the buttons stay in sight, however many settings there are."""
        self.query_one(".body").styles.max_height = max(self.size.height - OUTSIDE, 4)

    def on_mount(self) -> None:
        if self.settings:
            self.query_one("#s0").focus()
        self.check()

    def values(self) -> dict[str, object] | None:
        """The values, if all are right; each that is not says so in its place."""
        found: dict[str, object] = {}
        for number, setting in enumerate(self.settings):
            field = self.query_one(f"#s{number}")
            words = self.query_one(f"#h{number}", Words)
            assert isinstance(field, (Choice, Input))
            try:
                found[setting.name] = setting.read(field.value)
            except HpobenchError as error:
                words.say(str(error))
                words.add_class("error")
            else:
                words.say(setting.help)
                words.remove_class("error")
        return found if len(found) == len(self.settings) else None

    def check(self) -> Mapping[str, object] | None:
        """Say what is wrong, or what comes of it; the values if nothing is."""
        values, said = self.values(), self.query_one("#said", Words)
        try:
            said.say(self._check(values) if values is not None else "")
            said.remove_class("error")
        except HpobenchError as error:
            said.say(str(error))
            said.add_class("error")
            return None
        return values

    @on(Input.Changed)
    @on(Choice.Changed)
    def changed(self) -> None:
        self.check()

    @on(Input.Submitted)
    def submitted(self) -> None:
        self.action_apply()

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "close":
            self.action_close()
        else:
            self.action_apply()

    def action_close(self) -> None:
        self.dismiss(None)

    def action_apply(self) -> None:
        values = self.check()
        if values is not None:
            self.dismiss(values)
            return
        self.app.bell()
        wrong = next(iter(self.query(".help.error")), None)
        if wrong is not None:  # the field that it is below
            self.query_one(f"#s{str(wrong.id)[1:]}").focus()
            wrong.scroll_visible(animate=False)


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: object) -> str:
    if value is None:
        return NONE
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)

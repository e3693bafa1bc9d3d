"""Sets an experiment up: problems, optimizers, budget, seeds; says at once what it costs and what cannot run.

What is wrong is said in place, and nothing that was filled in is lost.
"""

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Input, Label, Select, SelectionList

from hpobench_tui import plugins
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.text import in_line
from hpobench_tui.engine.front import presets
from hpobench_tui.executors import devices
from hpobench_tui.tui.form import Form, amount_text, summary
from hpobench_tui.tui.widgets.bar import duration
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.keybar import KeyBar
from hpobench_tui.tui.widgets.picklist import PickList
from hpobench_tui.tui.widgets.words import Words

CUSTOM = "custom"
FIRST_STEPS = """\
Tick problems and optimizers, then Ctrl+R. For a first look, Ctrl+D fills in \
half a minute of everything, and Ctrl+R starts it."""


class SetupScreen(Screen[None]):
    """A form that is checked while it is filled in."""

    CSS_PATH = "setup.tcss"
    HELP = """\
Tick problems and optimizers with Space; Tab goes to the next field. / shows only the lines of a list with what you \
type in them, till Esc; Ctrl+A then ticks those. A problem with parameters, typed there as in synthetic/ackley[d=10], \
is added by Enter. Every optimizer gets the same budget on a problem and the same seeds. Pairs that cannot work are \
left out, and named. The experiment starts with Ctrl+R and goes on when you leave the app."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "start", "Start"),
        Binding("ctrl+a", "tick_all", "All/none"),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("escape", "show_all", "Show all lines", show=False),
        Binding("ctrl+d", "first", "First look"),
        Binding("ctrl+o", "app.results", "Results"),
    ]

    def __init__(self, start: Callable[[Experiment], None]) -> None:
        super().__init__()
        self._start = start
        self._preset: Experiment | None = None
        self._filtering = "problems"

    def compose(self) -> ComposeResult:
        with Horizontal(id="lists"):
            yield PickList(*map(_problem_line, plugins.problems()), id="problems", compact=True)
            yield PickList(*map(_optimizer_line, plugins.optimizers()), id="optimizers", compact=True)
        yield Input(
            placeholder="words, or problem[parameter=value]; Enter goes to the list, Esc shows all lines", id="filter",
            compact=True,
        )  # fmt: skip
        yield Words(id="about")
        with Horizontal(classes="fields"):
            yield Label("Preset")
            yield Select([(_preset_line(n), n) for n in presets.names()], prompt=CUSTOM, id="preset", compact=True)
            yield Label("Name")
            yield Input("experiment", id="name", compact=True)
            yield Label("Workers")
            yield Input("auto", id="workers", compact=True)
            yield Label("Device")
            yield Select([(d, d) for d in devices.DEVICES], value="auto", allow_blank=False, id="device", compact=True)
        with Horizontal(classes="fields"):
            yield Label("Budget")
            yield Input("50", id="amount", compact=True)
            yield Select(
                [(u.value, u.value) for u in Unit], value="evaluations", allow_blank=False, id="unit", compact=True
            )
            yield Label("Seeds")
            yield Input("5", id="repetitions", compact=True)
            yield Label("Base seed")
            yield Input("0", id="seed", compact=True)
        with VerticalScroll(id="summary", can_focus=False):
            yield Words(id="verdict")
            yield Words(id="refused")
        with Horizontal(id="go"):
            yield Words(id="broken")
            yield Button("Start  Ctrl+R", id="start", variant="primary", compact=True)
        yield KeyBar()

    def on_mount(self) -> None:
        self.title = "New experiment"
        broken = {**plugins.problems().broken, **plugins.optimizers().broken}
        if broken:
            self.query_one("#broken", Words).say("broken plug-ins: " + ", ".join(broken))
        self.query_one("#summary").border_title = "Experiment"
        self.query_one("#problems").focus()
        self._check()

    # What stands in the fields

    def form(self) -> Form:
        """As it stands."""

        def text(name: str) -> str:
            return self.query_one(f"#{name}", Input).value

        def choice(name: str) -> str:
            return str(self.query_one(f"#{name}", Select).value)

        return Form(
            text("name").strip(), self._list("problems").ticked, self._list("optimizers").ticked, text("amount"),
            choice("unit"), text("repetitions"), text("seed"), text("workers"), choice("device"), self._preset,
        )  # fmt: skip

    def _check(self) -> Experiment | None:
        """Show what would run, or what is wrong; the experiment if nothing is."""
        form = self.form()
        for name, ticked in (("problems", form.problems), ("optimizers", form.optimizers)):
            options = self._list(name)
            options.border_title = f"{name.capitalize()} {len(ticked)} of {len(options.names)}"
            options.border_subtitle = (
                Content(in_line(f"{options.option_count} with {options.pattern}")) if options.pattern else ""
            )
        amount = self.query_one("#amount", Input)
        amount.placeholder = "preset's" if self._preset else "amount"
        verdict, refused = self.query_one("#verdict", Words), self.query_one("#refused", Words)
        try:
            experiment = form.experiment()
        except HpobenchError as error:
            verdict.say(str(error))
            # an empty list is not a mistake yet, only a step to do
            verdict.set_classes("hint" if not (form.problems and form.optimizers) else "error")
            refused.say("")
            if not (form.problems or form.optimizers):
                verdict.say(FIRST_STEPS)
            return None
        verdict.set_classes("fine")
        verdict.say(summary(experiment))
        reasons = [reason for _, _, reason in experiment.skipped]
        left_out = f"{len(reasons)} pair{'s' * (len(reasons) > 1)} left out: {'; '.join(reasons)}."
        refused.say(" ".join([*experiment.notes, *[left_out] * bool(reasons)]))
        return experiment

    @on(Input.Changed)
    @on(SelectionList.SelectedChanged)
    def changed(self) -> None:
        self._check()

    @on(Select.Changed)
    def select_changed(self, event: Select.Changed) -> None:
        if event.select.id == "preset":
            if event.value is not Select.NULL:
                self._load(str(event.value))
            else:
                self._preset = None
        self._check()

    def _load(self, name: str) -> None:
        """Fill the form with a preset."""
        try:
            preset = presets.load(name)
        except HpobenchError as error:
            self.notify(str(error), severity="error", timeout=15)
            return
        self._preset = preset
        contenders = {contender.optimizer for contender in preset.contenders}
        for problem in preset.problems:
            if problem not in self._list("problems").names:
                self._add(problem)
        for list_name, chosen in (("problems", preset.problems), ("optimizers", contenders)):
            self._list(list_name).tick_only(chosen)
        budgets = list(preset.budgets.values())
        budget = budgets[0]
        texts = {
            "name": preset.name, "repetitions": str(preset.repetitions), "seed": str(preset.seed),
            "amount": amount_text(budget) if budgets.count(budget) == len(budgets) else "",
            "workers": str(preset.workers or "auto"),
        }  # fmt: skip
        for field, text in texts.items():
            self.query_one(f"#{field}", Input).value = text
        self.query_one("#unit", Select).value = budget.unit.value
        self.query_one("#device", Select).value = preset.device

    def _list(self, name: str) -> PickList:
        return self.query_one(f"#{name}", PickList)

    @on(SelectionList.SelectionHighlighted)
    def describe(self, event: SelectionList.SelectionHighlighted[str]) -> None:
        if isinstance(event.selection_list, PickList) and event.selection_list.has_focus:
            self._describe(event.selection_list)

    def on_descendant_focus(self) -> None:
        if isinstance(self.focused, PickList):
            self._describe(self.focused)

    def _describe(self, options: PickList) -> None:
        """Say what the highlighted line is; nothing where there is none."""
        about = self.query_one("#about", Words)
        if options.highlighted is None:
            about.say("")
            return
        name = options.shown[options.highlighted]
        if options.id == "problems":
            about.say(describe_problem(plugins.problems()[name]))
        else:
            about.say(describe_optimizer(plugins.optimizers()[name]))

    # Actions

    def action_tick_all(self) -> None:
        """Tick all lines of the list that has the focus, or none if all are; hidden ones stay what they are."""
        options = self.focused if isinstance(self.focused, PickList) else self._list("problems")
        infos = plugins.problems() if options.id == "problems" else plugins.optimizers()
        usable = [name for name in options.shown if missing(infos[name]) is None]
        if set(usable) <= set(options.selected):
            options.deselect_all()
        else:
            for value in usable:
                options.select(value)

    def action_filter(self) -> None:
        """Ask what the lines of the list that has the focus must have in them."""
        if isinstance(self.focused, PickList):
            self._filtering = str(self.focused.id)
        words = self.query_one("#filter", Input)
        words.display = True
        words.value = self._list(self._filtering).pattern
        words.focus()

    @on(Input.Changed, "#filter")
    def filter_changed(self, event: Input.Changed) -> None:
        if event.input.display:
            options = self._list(self._filtering)
            options.narrow(event.value)
            self._describe(options)
            self._check()

    @on(Input.Submitted, "#filter")
    def filter_done(self, event: Input.Submitted) -> None:
        """To the list; what reads like a problem with parameters is added to it."""
        options = self._list(self._filtering)
        if options.id == "problems" and "[" in event.value:
            try:
                self._add(event.value.strip())
            except HpobenchError as error:
                self.query_one("#verdict", Words).say(str(error))
                self._blame()
                return
        options.focus()

    def _add(self, name: str) -> None:
        """Add a variant of a problem to the list, ticked."""
        info = plugins.problems()[name]
        self._list("problems").add(_problem_line(info)[0], info.id, plugins.read_variant(info.id)[0])

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget.id == "filter":
            event.widget.display = False

    def action_show_all(self) -> None:
        """All lines of the list that has the focus, or whose filter is being typed."""
        options = self.focused if isinstance(self.focused, PickList) else self._list(self._filtering)
        options.narrow("")
        options.focus()
        self._check()

    def action_first(self) -> None:
        """The shortest way to something to look at."""
        self.query_one("#preset", Select).value = presets.FIRST

    @on(Button.Pressed, "#start")
    def action_start(self) -> None:
        experiment = self._check()
        if experiment is None:
            self.app.bell()
            self._blame()
            return
        try:
            self._start(experiment)
        except HpobenchError as error:
            self.query_one("#verdict", Words).say(str(error))
            self._blame()

    def _blame(self) -> None:
        """Show what is wrong, wherever a small terminal has scrolled to."""
        self.query_one("#verdict", Words).set_classes("error")
        self.query_one("#summary").scroll_visible(animate=False)


def describe_problem(info: ProblemInfo) -> str:
    """Two lines about a problem."""
    fidelity = (
        f"{info.fidelity.name} {info.fidelity.minimum} to {info.fidelity.maximum}" if info.fidelity else "no fidelity"
    )
    cost = "free" if info.seconds < 1e-3 else f"{duration(info.seconds)} a full evaluation"
    noise = "noisy" if info.noisy else "no noise"
    text = (
        f"{info.summary}\n{info.dimensions} · {fidelity} · {noise} · {cost} · reference {number(info.reference.loss)}"
    )
    if info.parameters:
        base, first = plugins.read_variant(info.id)[0], info.parameters[0].name
        text += f" · / {base}[{first}=…] sets {', '.join(p.name for p in info.parameters)}"
    absent = missing(info)
    return f"{absent}\n{text}" if absent else text


def describe_optimizer(info: OptimizerInfo) -> str:
    """Two lines about an optimizer."""
    can = info.capabilities
    takes = [
        word for word, yes in (
            ("categoricals", can.categoricals), ("conditions", can.conditions), ("forbiddens", can.forbiddens),
        ) if yes
    ]  # fmt: skip
    text = f"{info.summary}\ntakes {', '.join(takes) or 'numbers only'}"
    text += " · needs a fidelity" if can.needs_fidelity else " · chooses the fidelity" if can.multi_fidelity else ""
    text += f" · {info.source}" if info.source else ""
    absent = missing(info)
    return f"{absent}\n{text}" if absent else text


def _preset_line(name: str) -> str:
    """A preset's name, and the extras that it lacks."""
    try:
        extras = presets.lacking(name)
    except HpobenchError:  # choosing it says what is wrong
        return name
    return f"{name} (needs {', '.join(extras)})" if extras else name


def _problem_line(info: ProblemInfo) -> tuple[Content, str, bool]:
    absent = missing(info) is not None
    note = "not installed" if absent else f"{info.fidelity.name}" if info.fidelity else ""
    return _line(info.id, note)


def _optimizer_line(info: OptimizerInfo) -> tuple[Content, str, bool]:
    absent = missing(info) is not None
    note = "not installed" if absent else "needs a fidelity" if info.capabilities.needs_fidelity else ""
    return _line(info.name, note)


def _line(name: str, note: str) -> tuple[Content, str, bool]:
    shown = Content(in_line(name))
    return (Content.assemble(shown, "  ", (in_line(note), "dim")) if note else shown, name, False)

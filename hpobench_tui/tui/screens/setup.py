"""Sets an experiment up: problems, optimizers, budget, seeds; says at once what it costs and what cannot run.

What is wrong is said in place, and nothing that was filled in is lost.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, ItemGrid, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Input, Label, SelectionList

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Contender, Experiment, Limits
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.own_code import OwnCode
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.core.text import in_line
from hpobench_tui.engine.front import files, presets
from hpobench_tui.executors import devices
from hpobench_tui.tui.form import Form, in_order, key_of, summary
from hpobench_tui.tui.screens.setup_clock import clock_form, clock_of, kept_words
from hpobench_tui.tui.screens.setup_lists import (
    describe_optimizer,
    describe_problem,
    optimizer_line,
    problem_line,
)  # fmt: skip
from hpobench_tui.tui.screens.setup_open import OpenScreen, SaveScreen
from hpobench_tui.tui.screens.setup_optimizer import OptimizerScreen, contender_of
from hpobench_tui.tui.screens.setup_problem import budget_of, problem_form, variant_of
from hpobench_tui.tui.widgets.choice import Choice
from hpobench_tui.tui.widgets.keybar import KeyBar
from hpobench_tui.tui.widgets.picklist import PickList
from hpobench_tui.tui.widgets.words import Words

FIRST_STEPS = """\
Tick problems and optimizers, then Ctrl+R. For a first look, Ctrl+D fills in half a minute of everything, and Ctrl+R \
starts it; Ctrl+L has more presets, and your files."""
COLUMN = 25
"""Cells that a field needs, its name with it."""


class SetupScreen(Screen[None]):
    """A form that is checked while it is filled in."""

    CSS_PATH = "setup.tcss"
    HELP = """\
Tick problems and optimizers with Space; Tab goes to the next field. / shows only the lines of a list with what you \
type in them, till Esc, k those of the next kind (a suite, native, not installed…); Ctrl+A then ticks those. What is \
typed as synthetic/ackley[d=10] or ./mine.py:NAME, in a file of your own, is added by Enter. e shows all about a line, \
and what can be set: parameters, a problem's own budget, an optimizer's label and settings (as often as you like, side \
by side). Ctrl+L opens a preset or a file, Ctrl+S saves one, Ctrl+T has clock, limits and report. Every optimizer gets \
the same budget on a problem and the same seeds. Pairs that cannot work are left out, and named. The experiment starts \
with Ctrl+R and goes on when you leave the app."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "start", "Start"),
        Binding("ctrl+d", "first", "First look"),
        Binding("ctrl+l", "open", "Open"),
        Binding("ctrl+s", "save", "Save"),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("e", "edit", "Settings"),
        Binding("k", "kind(1)", "Kind"),
        Binding("K", "kind(-1)", "Kind before", show=False),
        Binding("ctrl+a", "tick_all", "All/none"),
        Binding("ctrl+t", "clock", "Clock, limits"),
        Binding("escape", "show_all", "Show all lines", show=False),
        Binding("ctrl+o", "app.results", "Results"),
    ]

    def __init__(self, start: Callable[[Experiment], None]) -> None:
        super().__init__()
        self._start = start
        self._filtering = "problems"
        self._checking = False
        self._file = ""
        self._loaded = Form("experiment", (), (), "50", Unit.EVALUATIONS.value, "5", "0")
        """What the form was filled from: the order of its lines, and its budget to the last digit, hold."""
        self._variants: dict[str, Contender] = {}
        self._budgets: dict[str, Budget] = {}
        self._own: dict[str, OwnCode] = {}
        self._limits = Limits()
        self._simulation: Simulation | None = None
        self._report: str | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(id="lists"):
            yield PickList(*map(problem_line, plugins.problems()), id="problems", compact=True)
            yield PickList(*map(optimizer_line, plugins.optimizers()), id="optimizers", compact=True)
        yield Input(
            placeholder="words, a kind, problem[parameter=value], or ./mine.py:NAME; Enter: to the list, Esc: all",
            id="filter",
            compact=True,
        )
        yield Words(id="about")
        form = self._loaded
        with ItemGrid(id="fields", min_column_width=COLUMN):
            with Horizontal(classes="field wide"):
                yield Label("Budget")
                yield Input(form.amount, placeholder="amount", id="amount", compact=True)
                yield Choice([unit.value for unit in Unit], form.unit, id="unit")
            for name, title, text in (
                ("name", "Name", form.name), ("repetitions", "Seeds", form.repetitions), ("only", "Only", form.only),
                ("seed", "Base seed", form.seed), ("workers", "Workers", form.workers), ("device", "Device", ""),
                ("record", "Record", form.record),
            ):  # fmt: skip
                with Horizontal(classes="field"):
                    yield Label(title)
                    if name == "device":
                        yield Choice(devices.DEVICES, form.device, id="device")
                    else:
                        yield Input(text, id=name, compact=True)
        with VerticalScroll(id="summary", can_focus=False):
            yield Words(id="verdict")
            yield Words(id="kept")
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

        loaded = self._loaded
        problems = in_order(self._list("problems").ticked, loaded.problems)
        keys = in_order(self._list("optimizers").ticked, loaded.optimizers)
        return Form(
            text("name").strip(), problems, keys, text("amount"), self.query_one("#unit", Choice).value,
            text("repetitions"), text("seed"), text("workers"), self.query_one("#device", Choice).value,
            {key: contender for key, contender in self._variants.items() if key in keys},
            {problem: budget for problem, budget in self._budgets.items() if problem in problems},
            loaded.exact, text("only"), text("record"), self._limits, self._simulation, self._report, dict(self._own),
        )  # fmt: skip

    def fill(self, form: Form, title: str) -> None:
        """Show another form; what is ticked and filled in now is gone.

        Args:
            title: Where it is from.
        """
        self._loaded = form
        changed = {*self._budgets, *form.budgets}
        self._budgets, self._own = dict(form.budgets), {**self._own, **form.own}
        self._variants.update(form.variants)
        self._limits, self._simulation, self._report = form.limits, form.simulation, form.report
        problems, optimizers = self._list("problems"), self._list("optimizers")
        with self.prevent(SelectionList.SelectedChanged, Input.Changed, Choice.Changed):
            for problem in (*form.problems, *(changed & {*problems.names})):
                if problem in changed or problem not in problems.names:
                    self._list_problem(problem)
            for key in form.optimizers:
                if key in form.variants or key not in optimizers.names:
                    self._list_optimizer(key)
            problems.tick_only(form.problems)
            optimizers.tick_only(form.optimizers)
            for name in ("name", "amount", "repetitions", "only", "seed", "workers", "record"):
                self.query_one(f"#{name}", Input).value = getattr(form, name)
            self.query_one("#unit", Choice).value = form.unit
            self.query_one("#device", Choice).value = form.device
        self.query_one("#summary").border_title = Content(in_line(f"Experiment, from {title}"))
        self._check()

    def _check(self) -> Experiment | None:
        """Show what would run, or what is wrong; the experiment if nothing is."""
        self._checking = False
        form = self.form()
        for name, ticked in (("problems", form.problems), ("optimizers", form.optimizers)):
            options = self._list(name)
            options.border_title = f"{name.capitalize()} {len(ticked)} of {len(options.names)}"
            narrowed = [options.kind] * bool(options.kind) + [f"with {options.pattern}"] * bool(options.pattern)
            options.border_subtitle = (
                Content(in_line(f"{options.option_count} {' '.join(narrowed)}")) if narrowed else ""
            )
        verdict, refused, kept = (self.query_one(f"#{name}", Words) for name in ("verdict", "refused", "kept"))
        kept.say(kept_words(form))
        kept.display = bool(kept_words(form))
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
    @on(Choice.Changed)
    @on(SelectionList.SelectedChanged)
    def changed(self) -> None:
        """Check it once, when all that has changed by now has."""
        if not self._checking:
            self._checking = True
            self.call_later(self._check)

    # The lists

    def _list(self, name: str) -> PickList:
        return self.query_one(f"#{name}", PickList)

    def _problem(self, name: str) -> ProblemInfo:
        own = self._own.get(name)
        return own.problems[name] if own else plugins.problems()[name]

    def _optimizer(self, key: str) -> OptimizerInfo:
        name = self._variants[key].optimizer if key in self._variants else key
        own = self._own.get(name)
        return own.optimizers[name] if own else plugins.optimizers()[name]

    def _info(self, options: PickList, name: str) -> ProblemInfo | OptimizerInfo:
        return self._problem(name) if options.id == "problems" else self._optimizer(name)

    def _list_problem(self, name: str) -> None:
        after = plugins.read_variant(name)[0]
        self._list("problems").put([problem_line(self._problem(name), self._budgets.get(name))], after)

    def _list_optimizer(self, key: str) -> None:
        info = self._optimizer(key)
        self._list("optimizers").put([optimizer_line(info, self._variants.get(key))], info.name)

    @on(SelectionList.SelectionHighlighted)
    def describe(self, event: SelectionList.SelectionHighlighted[str]) -> None:
        if isinstance(event.selection_list, PickList) and event.selection_list.has_focus:
            self._describe(event.selection_list)

    def on_descendant_focus(self) -> None:
        if isinstance(self.focused, PickList):
            self._describe(self.focused)

    def _describe(self, options: PickList) -> None:
        """Say what the highlighted line is; nothing where there is none."""
        name = options.under_cursor
        self.query_one("#about", Words).say("" if name is None else self._about(options, name))

    def _about(self, options: PickList, name: str) -> str:
        if options.id == "problems":
            return describe_problem(self._problem(name), self._budgets.get(name))
        return describe_optimizer(self._optimizer(name))

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Letters that are typed into a field are no keys there."""
        return not (action in ("filter", "edit", "kind") and not isinstance(self.focused, PickList))

    def action_tick_all(self) -> None:
        """Tick all lines of the list that has the focus, or none if all are; hidden ones stay what they are."""
        options = self.focused if isinstance(self.focused, PickList) else self._list("problems")
        usable = [name for name in options.shown if missing(self._info(options, name)) is None]
        if set(usable) <= set(options.selected):
            options.deselect_all()
        else:
            for value in usable:
                options.select(value)

    def action_kind(self, step: int) -> None:
        """Show the lines of the next kind, of all after the last."""
        if not isinstance(options := self.focused, PickList):
            return
        kinds = ["", *options.kinds()]
        options.narrow(options.pattern, kinds[(kinds.index(options.kind) + step) % len(kinds)])
        self._describe(options)
        self._check()

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
        """To the list; what reads like a problem with parameters, or something in a file, is added to it."""
        options, text = self._list(self._filtering), event.value.strip()
        if files.is_reference(text):
            self._describe_own(options, text)
            return
        if options.id == "problems" and "[" in text:
            try:
                info = plugins.problems()[text]
            except HpobenchError as error:
                self._blame(str(error))
                return
            options.add(problem_line(info, self._budgets.get(info.id)), plugins.read_variant(info.id)[0])
        options.focus()

    def _budget(self, problem: str, budget: Budget | None) -> None:
        """Give a problem a budget of its own; None: the common one."""
        if budget is None:
            self._budgets.pop(problem, None)
        else:
            self._budgets[problem] = budget

    def _describe_own(self, options: PickList, reference: str, budget: Budget | None = None) -> None:
        """Find out what something in a person's own file is, and add it to the list."""
        self.query_one("#verdict", Words).say(f"Describing {reference}…")
        self.query_one("#verdict", Words).set_classes("hint")
        self._work_on(options, reference, budget)

    @work(thread=True)
    def _work_on(self, options: PickList, reference: str, budget: Budget | None) -> None:
        """A process of its own imports the file."""
        try:
            code, (name, *_) = files.found("problem" if options.id == "problems" else "optimizer", [reference])
        except HpobenchError as error:
            self.app.call_from_thread(self._blame, str(error))
        else:
            self.app.call_from_thread(self._found_own, options, code, name, budget)

    def _found_own(self, options: PickList, code: OwnCode, name: str, budget: Budget | None) -> None:
        self._own[name] = code
        if budget is not None:
            self._budget(name, budget)
        if options.id == "problems":
            options.add(problem_line(self._problem(name), self._budgets.get(name)), plugins.read_variant(name)[0])
        else:
            options.add(optimizer_line(self._optimizer(name)), name)
        if self.focused is self.query_one("#filter"):
            options.focus()
        self._check()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget.id == "filter":
            event.widget.display = False

    def action_show_all(self) -> None:
        """All lines of the list that has the focus, or whose filter is being typed."""
        options = self.focused if isinstance(self.focused, PickList) else self._list(self._filtering)
        options.narrow("", "")
        options.focus()
        self._check()

    # Dialogs

    def action_edit(self) -> None:
        """All about the line under the cursor, and what can be set."""
        if not isinstance(options := self.focused, PickList) or (name := options.under_cursor) is None:
            return
        if options.id == "problems":
            self._edit_problem(options, name)
        else:
            self._edit_optimizer(options, name)

    def _edit_problem(self, options: PickList, name: str) -> None:
        info, budget = self._problem(name), self._budgets.get(name)
        form = self.form()

        def answered(values: Mapping[str, object] | None) -> None:
            if values is None:
                return
            wanted, budget = variant_of(info, values), budget_of(values)
            if wanted not in self._own and name in self._own:
                self._describe_own(options, files.reference_of(wanted, self._own[name]), budget)
                return
            found = self._problem(wanted).id
            self._budget(found, budget)
            line = problem_line(self._problem(found), budget)
            if found == name:
                options.put([line], name)
            else:
                options.add(line, plugins.read_variant(found)[0])
            self._describe(options)
            self._check()

        self.app.push_screen(problem_form(info, name, budget, form.unit), answered)

    def _edit_optimizer(self, options: PickList, key: str) -> None:
        info, old = self._optimizer(key), self._variants.get(key) or Contender(key, key)
        form = self.form()
        problem = None
        for ticked in form.problems:
            shown = self._problem(ticked)
            if shown.fidelity is not None and ticked not in self._own and info.name not in self._own:
                try:
                    problem = shown, form.budget(ticked)
                except HpobenchError:  # which is said below the form
                    continue
                break

        def answered(values: Mapping[str, object] | None) -> None:
            if values is None:
                return
            made = contender_of(info.name, values)
            found = key_of(made, info)
            ticks = set(options.ticked) | {found}
            if found != key and made.label == old.label:
                ticks.discard(key)  # two of one label cannot run
            if found != info.name:
                self._variants[found] = made
                self._list_optimizer(found)
            options.tick_only(ticks)
            options.highlighted = options.names.index(found)
            self._describe(options)
            self._check()

        self.app.push_screen(OptimizerScreen(info, old, describe_optimizer(info, keys=False), problem), answered)

    def action_clock(self) -> None:
        """The clock, limits, and the report at the end."""

        def answered(values: Mapping[str, object] | None) -> None:
            if values is not None:
                self._limits, self._simulation, self._report = clock_of(values)
                self._check()

        self.app.push_screen(clock_form(self._limits, self._simulation, self._report), answered)

    def action_first(self) -> None:
        """The shortest way to something to look at."""
        try:
            self.fill(Form.of(presets.load(presets.FIRST)), f"preset {presets.FIRST}")
        except HpobenchError as error:
            self._blame(str(error))

    def action_open(self) -> None:
        """A preset, or an experiment file."""

        def answered(opened: tuple[str, Form] | None) -> None:
            if opened is not None:
                name, form = opened
                self._file = name if name.endswith(".toml") else ""
                self.fill(form, name if self._file else f"preset {name}")

        self.app.push_screen(OpenScreen(), answered)

    def action_save(self) -> None:
        """Write an experiment file that says what the form says."""
        if self._check() is None:
            self.app.bell()
            self._blame()
            return
        form = self.form()

        def answered(path: str | None) -> None:
            if path is not None:
                self._file = path
                self.notify(f"Saved. Run it with: hpobench run {path}")

        self.app.push_screen(SaveScreen(form, self._file or f"{form.name}.toml"), answered)

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
            self._blame(str(error))

    def _blame(self, what: str | None = None) -> None:
        """Show what is wrong, wherever a small terminal has scrolled to."""
        verdict = self.query_one("#verdict", Words)
        if what is not None:
            verdict.say(what)
        verdict.set_classes("error")
        self.query_one("#summary").scroll_home(animate=False)
        self.query_one("#summary").scroll_visible(animate=False)

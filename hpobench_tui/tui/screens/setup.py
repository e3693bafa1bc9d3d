"""Sets an experiment up: problems, optimizers, budget, seeds; says at once what it costs and what cannot run.

What is wrong is said in place, and nothing that was filled in is lost.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.widgets import Button, Input

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Contender, Experiment
from hpobench_tui.core.own_code import OwnCode
from hpobench_tui.engine.front import files, presets
from hpobench_tui.tui.form import Form, key_of
from hpobench_tui.tui.screens.setup_base import SetupForm
from hpobench_tui.tui.screens.setup_clock import clock_form, clock_of
from hpobench_tui.tui.screens.setup_lists import (
    describe_optimizer,
    optimizer_line,
    problem_line,
)
from hpobench_tui.tui.screens.setup_open import OpenScreen, SaveScreen
from hpobench_tui.tui.screens.setup_optimizer import OptimizerScreen, contender_of
from hpobench_tui.tui.screens.setup_problem import budget_of, problem_form, variant_of
from hpobench_tui.tui.widgets.picklist import PickList
from hpobench_tui.tui.widgets.words import Words


class SetupScreen(SetupForm):
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

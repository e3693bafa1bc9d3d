"""What stands on the set-up screen: lists, fields, and the form that they make, checked while it is filled in."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, ItemGrid, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Input, Label, SelectionList

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Contender, Experiment, Limits, left_out
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.own_code import OwnCode
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.core.text import in_line
from hpobench_tui.executors import devices
from hpobench_tui.tui.form import Form, in_order, summary
from hpobench_tui.tui.screens.setup_clock import kept_words
from hpobench_tui.tui.screens.setup_lists import (
    describe_optimizer,
    describe_problem,
    optimizer_line,
    problem_line,
)
from hpobench_tui.tui.widgets.choice import Choice
from hpobench_tui.tui.widgets.keybar import KeyBar
from hpobench_tui.tui.widgets.picklist import PickList
from hpobench_tui.tui.widgets.words import Words

FIRST_STEPS = """\
Tick problems and optimizers, then Ctrl+R. For a first look, Ctrl+D fills in half a minute of everything, and Ctrl+R \
starts it; Ctrl+L has more presets, and your files."""
FEW = 3
"""Pairs that cannot run are told one by one up to so many, then by their reasons."""
COLUMN = 25
"""Cells that a field needs, its name with it."""


class Summary(VerticalScroll):
    """Takes the focus only where there is more in it than it has room for."""

    def allow_focus(self) -> bool:
        return self.max_scroll_y > 0


class SetupForm(Screen[None]):
    """The screen without its keys."""

    def __init__(self) -> None:
        super().__init__()
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
        self._together: int | None = None
        self._curves = self._synchronous = False
        self._evaluations: int | None = None

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
        with Summary(id="summary"):
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
            loaded.exact, text("only"), text("record"), self._limits, self._simulation, self._report,
            self._together, self._curves, self._evaluations, self._synchronous, loaded.shard, dict(self._own),
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
        self._together, self._curves = form.together, form.curves
        self._evaluations, self._synchronous = form.evaluations, form.synchronous
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
        told = f"{len(reasons)} pair{'s' * (len(reasons) > 1)} left out: {'; '.join(reasons)}."
        if len(reasons) > FEW:
            told = "\n".join([f"{len(reasons)} pairs left out:", *_grouped(experiment)])
        refused.say("\n".join([*experiment.notes, *[told] * bool(reasons)]))
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

    def _blame(self, what: str | None = None) -> None:
        """Show what is wrong, wherever a small terminal has scrolled to."""
        verdict = self.query_one("#verdict", Words)
        if what is not None:
            verdict.say(what)
        verdict.set_classes("error")
        self.query_one("#summary").scroll_home(animate=False)
        self.query_one("#summary").scroll_visible(animate=False)


def _grouped(experiment: Experiment) -> list[str]:
    """A line a reason why pairs cannot run: who, where."""
    return [line.removeprefix("left out: ") for line in left_out(experiment.skipped)]

"""The settings of an optimizer, and the brackets that it would run with them."""

from collections.abc import Mapping, Sequence
from typing import cast

from textual import work
from textual.timer import Timer
from textual.widget import Widget
from textual.worker import get_current_worker

from hpobench_tui.core.brackets import Bracket
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.compatibility import missing, refusal
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import LONGEST_NAME, Contender
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.tui.screens.setup_form import FormScreen, Setting, of_parameter
from hpobench_tui.tui.widgets.words import Words

LABEL = "Label"
SOON = 0.3
"""Seconds without a change after which the optimizer is asked for its brackets."""


class OptimizerScreen(FormScreen):
    """Answers with the label and the parameters by name (:func:`contender_of`).

    Args:
        problem: What its brackets are shown for, and with which budget; None: there is nothing to show them for.
    """

    def __init__(
        self, info: OptimizerInfo, contender: Contender, about: str, problem: tuple[ProblemInfo, Budget] | None
    ) -> None:
        owner = f"optimizer {info.name!r}"
        given = {**info.settings({}), **contender.parameters}
        told = (
            "As tables and charts call it. Under another label it stands beside the others, with settings of its own."
        )
        settings = [
            Setting(LABEL, contender.label, told, _label),
            *(of_parameter(parameter, given[parameter.name], owner) for parameter in info.parameters),
        ]
        super().__init__(f"{info.name}: settings", about, settings)
        self._info, self._problem = info, problem
        self._due: Timer | None = None

    def more(self) -> Sequence[Widget]:
        return (Words(id="brackets"),) if self._info.capabilities.multi_fidelity else ()

    def check(self) -> Mapping[str, object] | None:
        values = super().check()
        if values is not None and self._info.capabilities.multi_fidelity:
            self._preview(contender_of(self._info.name, values).parameters)
        return values

    def _preview(self, parameters: Mapping[str, Value]) -> None:
        """Ask for the brackets once nothing has changed for a while."""
        if self._due is not None:
            self._due.stop()
        said = self.query_one("#brackets", Words)
        if self._problem is None:
            said.say("Brackets: tick a problem with a fidelity, and they are shown here.")
            return
        problem, budget = self._problem
        if reason := missing(self._info, problem) or refusal(problem, self._info):
            said.say(f"Brackets: {reason}.")
            return
        said.say(f"Brackets on {problem.id}: asking {self._info.name}…")
        self._due = self.set_timer(SOON, lambda: self._ask(problem, parameters, budget))

    @work(thread=True, exclusive=True)
    def _ask(self, problem: ProblemInfo, parameters: Mapping[str, Value], budget: Budget) -> None:
        from hpobench_tui.engine.front import plans

        worker = get_current_worker()
        try:
            found = plans.brackets(problem.id, self._info.name, parameters, budget)
            text = bracket_table(found, problem) if found else f"{self._info.name} has no brackets beforehand."
        except HpobenchError as error:
            text = f"Brackets: {error}"
        if not worker.is_cancelled:
            self.app.call_from_thread(self._told, text)

    def _told(self, text: str) -> None:
        if self.is_mounted:
            self.query_one("#brackets", Words).say(text)


def contender_of(optimizer: str, values: Mapping[str, object]) -> Contender:
    """What the form answered."""
    parameters = {name: value for name, value in values.items() if name != LABEL}
    return Contender(optimizer, str(values[LABEL]), cast(Mapping[str, Value], parameters))


def bracket_table(brackets: Sequence[Bracket], problem: ProblemInfo) -> str:
    """A line a bracket: how many configurations are taken how far, and what that costs."""
    unit = problem.fidelity.name if problem.fidelity else "units"
    rows = [[f"{rung.configurations}x{rung.fidelity}" for rung in bracket.rungs] for bracket in brackets]
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(max(map(len, rows)))]
    lines = [
        f"{bracket.s:>2}  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=False))
        for bracket, row in zip(brackets, rows, strict=True)
    ]
    wide = max(map(len, lines))
    costs = [f"{line:<{wide}}  {bracket.from_scratch}" for line, bracket in zip(lines, brackets, strict=True)]
    total = sum(bracket.from_scratch for bracket in brackets)
    head = f"Brackets on {problem.id}: configurations x {unit} of each rung, and {unit} from scratch in all"
    return "\n".join([head, *costs, f"one cycle: {total} {unit} from scratch"])


def _label(text: str) -> str:
    text = text.strip()
    if not text or not text.isprintable() or text.startswith("_"):
        raise HpobenchError("Label: use printable characters, no '_' at the beginning.")
    if len(text) > LONGEST_NAME:
        raise HpobenchError(f"Label: at most {LONGEST_NAME} characters, not {len(text)}.")
    return text

"""What can be set of a problem: its parameters, and a budget of its own."""

from collections.abc import Mapping

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.tui.form import amount_text
from hpobench_tui.tui.screens.setup_form import NONE, FormScreen, Setting, of_parameter, one_of
from hpobench_tui.tui.screens.setup_lists import describe_problem

AMOUNT, UNIT = "own budget", "its unit"


def problem_form(info: ProblemInfo, name: str, budget: Budget | None, unit: str) -> FormScreen:
    """Shows it; answers with what :func:`variant_of` and :func:`budget_of` read.

    Args:
        name: Its id, which says what was set.
        unit: Of the common budget.
    """
    given = plugins.read_variant(name)[1]
    owner = f"problem {name!r}"
    settings = [
        *(
            of_parameter(p, p.read(given[p.name], owner) if p.name in given else p.default, owner)
            for p in info.parameters
        ),
        Setting(AMOUNT, amount_text(budget) if budget else NONE, f"An amount, or {NONE}: the common one.", str.strip),
        one_of(UNIT, [each.value for each in Unit], budget.unit.value if budget else unit, "Of its own budget."),
    ]

    def check(values: Mapping[str, object]) -> str:
        budget_of(values)
        wanted = variant_of(info, values)
        if wanted == name or name.partition("[")[0] not in plugins.problems().found:
            return ""
        made = plugins.problems()[wanted]
        return f"adds {made.id}: {made.dimensions}" if made.id != name else ""

    return FormScreen(name, describe_problem(info, budget, keys=False), settings, check)


def variant_of(info: ProblemInfo, values: Mapping[str, object]) -> str:
    """The id with these parameters, those at their default left out."""
    given = [
        f"{parameter.name}={str(value).lower() if isinstance(value, bool) else value}"
        for parameter in info.parameters
        if (value := values[parameter.name]) != parameter.default
    ]
    base = info.id.partition("[")[0]
    return f"{base}[{','.join(given)}]" if given else base


def budget_of(values: Mapping[str, object]) -> Budget | None:
    """Its own budget; None: the common one.

    Raises:
        HpobenchError: it is none.
    """
    text = str(values[AMOUNT])
    if text in ("", NONE):
        return None
    try:
        return Budget.of(text, str(values[UNIT]))
    except HpobenchError as error:
        raise HpobenchError(f"{AMOUNT}: {str(error).removeprefix('budget: ')}") from error

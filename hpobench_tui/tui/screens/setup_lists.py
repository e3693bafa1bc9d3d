"""How problems and optimizers are listed and described on the set-up screen."""

from collections.abc import Iterable

from textual.content import Content

from hpobench_tui.core.budget import Budget
from hpobench_tui.core.compatibility import absent
from hpobench_tui.core.experiment import Contender
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.text import in_line
from hpobench_tui.tui.form import key_of
from hpobench_tui.tui.widgets.bar import duration
from hpobench_tui.tui.widgets.chart.axes import number
from hpobench_tui.tui.widgets.picklist import Line

ABSENT, HERE = "not-installed", "installed"


def install(info: ProblemInfo | OptimizerInfo) -> str:
    """The one command that installs what it lacks; empty: nothing."""
    extras = ",".join(sorted(set(absent(info).values())))
    return f"pip install 'hpobench-tui[{extras}]'" if extras else ""


def problem_line(info: ProblemInfo, budget: Budget | None = None) -> Line:
    """A problem's line; ``budget``: its own, where it is not the common one."""
    lacks = install(info)
    notes = [
        f"not installed: {lacks}" if lacks else "",
        str(budget) if budget else "",
        info.fidelity.name if info.fidelity else "",
    ]
    kinds = [
        info.suite, *info.tags, "fidelity" if info.fidelity else "no-fidelity",
        *["noisy"] * info.noisy, *["parameters"] * bool(info.parameters),
        *["simulated-clock"] * info.costs, ABSENT if lacks else HERE,
    ]  # fmt: skip
    return _line(info.id, info.id, notes, kinds)


def optimizer_line(info: OptimizerInfo, contender: Contender | None = None) -> Line:
    """An optimizer's line; ``contender``: one of it with settings or a label of its own."""
    lacks = install(info)
    can = info.capabilities
    notes = ["needs a fidelity" if can.needs_fidelity else ""]
    shown, key = info.name, info.name
    if contender is not None:
        key = key_of(contender, info)
        shown = contender.label
        own = [
            f"{name}={_written(value)}" for name, value in contender.parameters.items() if value != _default(info, name)
        ]
        notes = [" ".join([info.name, *own] if shown != info.name else own), *notes]
    notes.insert(0, f"not installed: {lacks}" if lacks else "")
    kinds = [
        *families(info), "fidelity" if can.multi_fidelity else "no-fidelity",
        *["parameters"] * bool(info.parameters), ABSENT if lacks else HERE,
    ]  # fmt: skip
    return _line(shown, key, notes, kinds)


def families(info: OptimizerInfo) -> list[str]:
    """``native`` or ``third-party``, and what its package is called."""
    package, *inner = info.load.partition(":")[0].split(".")
    words = [word.replace("_", "-") for word in inner[:-1]]
    return words or [package.replace("_", "-")]


def describe_problem(info: ProblemInfo, budget: Budget | None = None, keys: bool = True) -> str:
    """Two lines about a problem; what it lacks comes first; ``keys``: and with which key its parameters are set."""
    fidelity = (
        f"{info.fidelity.name} {info.fidelity.minimum} to {info.fidelity.maximum}" if info.fidelity else "no fidelity"
    )
    cost = "free" if info.seconds < 1e-3 else f"{duration(info.seconds)} a full evaluation"
    noise = "noisy" if info.noisy else "no noise"
    told = [str(info.dimensions), fidelity, noise, cost, f"reference {number(info.reference.loss)}"]
    text = f"{info.id}: {info.summary}\n{' · '.join(told)}"
    if budget:
        text += f" · its own budget: {budget}"
    if info.parameters and keys:
        text += f" · e sets {', '.join(p.name for p in info.parameters)}"
    return _with_command(info, text)


def describe_optimizer(info: OptimizerInfo, keys: bool = True) -> str:
    """Two lines about an optimizer; as :func:`describe_problem`."""
    can = info.capabilities
    takes = [
        word for word, yes in (
            ("categoricals", can.categoricals), ("conditions", can.conditions), ("forbiddens", can.forbiddens),
        ) if yes
    ]  # fmt: skip
    text = f"{info.name}: {info.summary}\ntakes {', '.join(takes) or 'numbers only'}"
    text += " · needs a fidelity" if can.needs_fidelity else " · chooses the fidelity" if can.multi_fidelity else ""
    if info.parameters and keys:
        text += f" · e sets {', '.join(p.name for p in info.parameters)}"
    text += f" · {info.source}" if info.source else ""
    return _with_command(info, text)


def _with_command(info: ProblemInfo | OptimizerInfo, text: str) -> str:
    lacks = install(info)
    return f"{lacks}  installs what it lacks\n{text}" if lacks else text


def _default(info: OptimizerInfo, name: str) -> object:
    return next((p.default for p in info.parameters if p.name == name), None)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line(shown: str, name: str, notes: Iterable[str], kinds: Iterable[str]) -> Line:
    note = " · ".join(filter(None, notes))
    content = Content(in_line(shown))
    if note:
        content = Content.assemble(content, "  ", (in_line(note), "dim"))
    return Line(content, name, False, tuple(dict.fromkeys(kinds)))

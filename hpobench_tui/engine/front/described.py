"""An experiment as options describe it: one without a file, or what holds instead of what a file or preset says."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.patterns import split_names
from hpobench_tui.engine.front import files, presets, spec, toml

NAME = "experiment"
"""Of one that nobody has named."""


def overrides(
    problems: Sequence[str] | None = None,
    optimizers: Sequence[str] | None = None,
    budgets: Sequence[str] | None = None,
    **plain: object,
) -> dict[str, Any]:
    """What options say, by the keys of an experiment file; what is None or empty says nothing.

    Args:
        problems, optimizers: Names, patterns of them, or lists with commas between.
        budgets: ``"50 evaluations"`` for all problems, ``"mnist_cnn=18 fidelity"`` for one, or a suite.
        plain: Anything else, as a file has it.

    Raises:
        HpobenchError: a budget is none, or a name empty.
    """
    given = {key: value for key, value in plain.items() if value is not None}
    for key, texts in (("problems", problems), ("optimizers", optimizers)):
        if texts:
            given[key] = split_names(texts)
    if budgets:
        given |= read_budgets(budgets)
    return given


def read_budgets(texts: Sequence[str]) -> dict[str, Any]:
    """Budgets of the command line by the keys of a file, ``budget`` and ``budgets``: they hold instead of all that a
    file says.

    Raises:
        HpobenchError: one is no budget, or two are for the same problems.
    """
    found: dict[str, Any] = {"budgets": {}}
    for text in texts:
        where, equals, amount = text.rpartition("=")
        where = where.strip()
        section = _section(amount if equals else text)
        if (where in found["budgets"]) if where else ("budget" in found):
            raise HpobenchError(f"budget: there are two for {where or 'all problems'}.")
        if where:
            found["budgets"][where] = section
        else:
            found["budget"] = section
    return found


def _section(text: str) -> dict[str, object]:
    budget = Budget.read(text)
    amount = text.split()[0]
    number: int | float = float(amount)
    with suppress(ValueError):
        number = int(amount)
    return {"amount": number, "unit": str(budget.unit)}


def described(
    named: str | None, given: Mapping[str, Any], elsewhere: bool = False
) -> tuple[Experiment, dict[str, Any]]:
    """The experiment of a file or preset (None: of nothing but what is given), and what a file of it holds.

    Args:
        elsewhere: It is run on another machine, which has a GPU if it needs one.

    Raises:
        HpobenchError: as ``presets.resolve``, or too little is given.
    """
    if named is None:
        lacking = [f"--{key}" for key in ("problems", "optimizers") if key not in given]
        if lacking or not ("budget" in given or given.get("budgets")):
            lacking += [] if "budget" in given or given.get("budgets") else ["--budget"]
            raise HpobenchError(
                f"without an experiment file or preset, {', '.join(lacking)} must be given, as in"
                " `hpobench run --problems synthetic/branin,bandits --optimizers random,tpe --budget '50 evaluations'`."
                " `hpobench presets` lists presets."
            )
        where, base = "command line", Path()
        data: dict[str, Any] = {"name": NAME, "impossible": "skip"}
    else:
        text, where, base = presets.read(named)
        try:
            data = toml.parse(text)
        except HpobenchError as error:
            raise HpobenchError(f"{where}: {error}") from error
        if "problems" in given and "budgets" not in given and isinstance(data.get("budgets"), dict):
            data["budgets"] = _needed(data["budgets"], given["problems"])
    data = _anchored(data, base) | _anchored(given, Path())
    if data.get("budgets") == {}:
        del data["budgets"]
    return spec.of_data(data, where, elsewhere=elsewhere), data


def _anchored(data: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """The same with references to a person's own files that do not depend on a folder."""
    found: dict[str, Any] = dict(data)
    for key in data.keys() & {"problems", "optimizers"}:
        found[key] = spec.from_here(data[key], base)
    if isinstance(budgets := data.get("budgets"), Mapping):
        found["budgets"] = {files.from_here(name, base): budget for name, budget in budgets.items()}
    return found


def _needed(budgets: Mapping[str, Any], problems: Sequence[str]) -> dict[str, Any]:
    """Those of a file's budgets that are for one of the problems that are run instead of its own."""
    infos, _ = spec.chosen([problem for problem in problems if not files.is_reference(problem)])
    names = {name for info in infos for name in (info.id, info.id.partition("[")[0], info.suite)}
    found = plugins.problems().found
    return {name: own for name, own in budgets.items() if name in names or (name in found and found[name].id in names)}


def save(data: Mapping[str, Any], path: Path, force: bool) -> None:
    """Write an experiment file.

    Args:
        force: Even where there is a file already.

    Raises:
        HpobenchError: there is one, or it cannot be written.
    """
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(toml.write(data))
    except FileExistsError:
        raise HpobenchError(f"{path} exists already; --force writes over it.") from None
    except OSError as error:
        raise HpobenchError(f"cannot write {path}: {error.strerror}.") from error

"""Real stores, small ones, made in this process; and what a person does with a store."""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import typer

from benchmarks.fuzz.driver import Fed, heard
from hpobench_tui import plugins
from hpobench_tui.api.local import Local
from hpobench_tui.cli.audit import audit
from hpobench_tui.cli.best import best
from hpobench_tui.cli.errors import errors
from hpobench_tui.cli.export import export
from hpobench_tui.cli.list import list_experiments
from hpobench_tui.cli.merge import merge
from hpobench_tui.cli.repair import repair
from hpobench_tui.cli.show import show
from hpobench_tui.core import Budget
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import lifecycle, spec
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import FILE, Reader

NOISY, EPOCHS = "bandits/bernoulli", "synthetic/epochs"


def experiment(folder: Path, optimizers: list[str], problems: list[str], budget: Budget, **more: object) -> Path:
    """A finished experiment below ``folder``, made in this process."""
    made = spec.build("real", problems, optimizers, budget, **more)
    place = lifecycle.create(made, folder)
    registry, infos = plugins.problems(), plugins.optimizers()
    contenders = {contender.optimizer: infos[contender.optimizer] for contender in made.contenders}
    Local(place, {name: registry[name] for name in made.problems}, contenders, None, lambda share, words: None).run()
    lifecycle.settle(place)
    return place


def stores(folder: Path) -> list[Path]:
    """Folders of stores of every kind: with and without fidelity, noise, simulation, brackets and rewards."""
    few = Budget.of(12, "evaluations")
    levels = Budget.of(40, "fidelity")
    fast = [name for name, info in plugins.problems().found.items() if info.suite == "synthetic" and info.fidelity]
    arms = [name for name, info in plugins.problems().found.items() if info.suite == "bandits"]
    return [
        experiment(folder, ["random", "tpe"], ["synthetic/branin"], few, repetitions=2),
        experiment(folder, ["hyperband"], fast[:1], levels, repetitions=2, curves=True),
        experiment(folder, ["random"], arms[:2], few, repetitions=1, record=4),
        experiment(folder, ["random"], fast[:1], levels, repetitions=2, simulation={"workers": 2}, only="1"),
    ]


def opened(folder: Path) -> int:
    """What an app does first: look at all runs, and at what changed; how many runs there are."""
    with closing(Reader(folder)) as reader:
        live = Live(reader)
        live.poll()
        reader.remark(whole=False)
        lifecycle.status(folder, live.row)
        return len(live.runs)


def _merged(folder: Path) -> None:
    merge([str(folder), str(folder.with_name("sound"))], folder.with_name("merged"), dry_run=False)


def _resumed(folder: Path) -> None:
    """All but the supervisor of a resume."""
    lifecycle.resume(folder, retry_failed=True)


def _rows(folder: Path) -> None:
    """All rows of all runs, as panels, charts and exports read them."""
    with closing(Reader(folder)) as reader:
        reader.imported  # noqa: B018 - read it
        reader.landmarks()
        reader.events()
        reader.first_errors()
        for run in reader.runs():
            reader.progress(run.id)
            reader.trials(run.id)
            reader.trial_rows(run.id)


ACTS: Mapping[str, Callable[[Path], object]] = {
    "show": lambda folder: show([str(folder)], everything=True),
    "show --json": lambda folder: show([str(folder)], as_json=True),
    "audit": lambda folder: audit([str(folder)]),
    "errors": lambda folder: errors([str(folder)]),
    "best": lambda folder: best([str(folder)], everything=True),
    "rows": _rows,
    "repair": lambda folder: repair(str(folder), to=folder.with_name("repaired")),
    "merge": _merged,
    "resume": _resumed,
    "list": lambda folder: list_experiments(folder.parent),
    "export": lambda folder: export([str(folder)], folder.with_name("out"), ["csv,json,data,matrix,markdown"]),
}
CODES = (0, 1, 2, 3, 4)


def done(folder: Path, act: str) -> Fed:
    """What became of one store: it is opened, and then this is done with it."""
    try:
        count = opened(folder)
    except HpobenchError as error:
        if act == "repair":
            return _acted(folder, act, 0)
        return heard(error, 0)
    return _acted(folder, act, 1 + bool(count))


def _acted(folder: Path, act: str, depth: int) -> Fed:
    try:
        ACTS[act](folder)
    except HpobenchError as error:
        return heard(error, depth)
    except typer.Exit as error:
        if error.exit_code not in CODES:
            raise AssertionError(f"exit code {error.exit_code}") from error
        return Fed(max(depth, 1), f"{act}: exit {error.exit_code}")
    return Fed(max(depth, 1), act)


def without_supervisors() -> None:
    """Resumes of this process start none."""
    lifecycle.launch = lambda folder: None  # type: ignore[assignment]


def placed(data: bytes, place: Path) -> Path:
    """A store of these bytes."""
    folder = place / "store"
    folder.mkdir()
    (folder / FILE).write_bytes(data)
    return folder

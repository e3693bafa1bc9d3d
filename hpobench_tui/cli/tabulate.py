"""``hpobench tabulate``: train a sample of a problem and write it down as a table that can be replayed."""

import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpobench_tui import plugins
from hpobench_tui.cli import completion, options
from hpobench_tui.cli.bars import bar
from hpobench_tui.cli.interrupts import Interrupted, interruptible
from hpobench_tui.cli.output import duration, number, print_json, print_lines, print_table
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.parameter import written

if TYPE_CHECKING:
    from hpobench_tui.tabulation.journal import Record
    from hpobench_tui.tabulation.make import Making, Order
    from hpobench_tui.tabulation.plan import Plan

INTERRUPTED = 3
LINE_SECONDS = 30.0


def tabulate(
    problem: Annotated[
        str,
        typer.Argument(
            help="Problem, or a variant like 'synthetic/ackley\\[d=10]'.", autocompletion=completion.problem
        ),
    ],
    configurations: Annotated[
        int, typer.Option("--configurations", "-n", min=2, max=100_000, help="How many configurations.")
    ],
    seeds: Annotated[int, typer.Option("--seeds", "-s", min=1, max=1000, help="Trainings of each configuration.")] = 1,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides the sample and the trainings' seeds.")] = 0,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=1024, help="Trainings at a time, one thread each \\[default: cores]."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the table \\[default: tables in $HPOBENCH_OUTPUTS or outputs]."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the table's files \\[default: from the problem].")
    ] = None,
    device: Annotated[
        str,
        typer.Option("--device", help="auto, cpu or cuda.", autocompletion=completion.one_of("auto", "cpu", "cuda")),
    ] = "auto",
    limit: Annotated[
        float, typer.Option("--limit", min=0.001, help="Seconds after which a training counts as failed.")
    ] = 3600.0,
    together: Annotated[
        str,
        typer.Option(
            "--together",
            metavar="auto|K",
            help="Trainings that a worker makes together at most, where the problem can.",
            autocompletion=completion.one_of("auto"),
        ),
    ] = "auto",
    force: Annotated[bool, typer.Option("--force", help="Start over, whatever is there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be trained and what it costs.")] = False,
    as_json: options.Json = False,
) -> None:
    """Train a space-filling sample of a problem's configurations and write a table that can be replayed.

    Every training reports at every fidelity. The same command goes on where it was interrupted, and with more
    configurations or seeds it extends the table. Exit code 3: interrupted, what is trained is kept.
    """
    need_tabular()  # before anything is imported that needs it

    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.executors import devices
    from hpobench_tui.tabulation.make import Making, Order, base_of, there
    from hpobench_tui.tabulation.plan import make_plan

    if device not in devices.DEVICES:
        raise HpobenchError(f"--device: must be one of {', '.join(devices.DEVICES)}, not {device!r}.")
    info = plugins.problems()[problem]
    found = bool(devices.gpus())
    devices.resolve(device, info, found)
    if warning := devices.without_gpu(device, [info], found):
        print(f"warning: {warning}.", file=sys.stderr)
    plan = make_plan(info, configurations, seeds, seed)
    base = base_of(output or lifecycle.outputs_root() / "tables", name, info.id)
    command = shlex.join(["hpobench", *sys.argv[1:]])
    order = Order(workers or devices.cores(), device, limit, command, _together(together))
    if dry_run:
        print_plan(plan, order, base, 0 if force else there(plan, base), as_json)
        return
    with Making(plan, base, force) as making:
        try:
            with interruptible():
                train(making, order)
                print("fitting the surrogate", file=sys.stderr, flush=True)
                sidecar = making.finish()
        except Interrupted:
            done = len(making.contents.records)
            print(
                f"interrupted: {done} of {done + missing(making)} trainings are kept; the same command goes on",
                file=sys.stderr,
            )
            raise typer.Exit(INTERRUPTED) from None
    print_table_made(base, sidecar, as_json)


def _together(text: str) -> int | None:
    """How many trainings are made together at most; None: as many as the problem says."""
    valid, width = Experiment.RANGES["together"], options.width(text)
    if width == "auto":
        return None
    if not isinstance(width, int) or width not in valid:
        raise HpobenchError(f'--together: must be "auto", or {valid}, not {written(width)}.')
    return width


def need_tabular() -> None:
    """Refuse where the extra is missing.

    Raises:
        HpobenchError: it is.
    """
    if reason := lacking():
        raise HpobenchError(reason)


def lacking() -> str | None:
    """What of the extra is missing, and what mends it; None if all is there."""
    from importlib.util import find_spec

    absent = [name for name in ("polars", "sklearn") if find_spec(name) is None]
    if not absent:
        return None
    return f"tabulate needs a missing extra ({', '.join(absent)}); install with: pip install 'hpobench-tui[tabular]'"


def missing(making: "Making") -> int:
    """How many trainings are still to be made."""
    return sum(key not in making.contents.records for key in making.missing)


def train(making: "Making", order: "Order") -> None:
    """Train what is missing, and say how it goes on standard error."""
    if not (total := len(making.missing)):
        return
    kept = len(making.contents.records)
    if kept:
        print(f"{kept} trainings are there; {total} are missing", file=sys.stderr)
    with progress(total) as show:
        making.train(order, show)


@contextmanager
def progress(total: int) -> "Iterator[Progress]":
    """Counts trainings on standard error: a bar with the time to go on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield Progress(total)
        return
    with bar(total, counted=True) as show:
        yield Progress(total, show)


class Progress:
    """Is called with each record."""

    def __init__(self, total: int, show: Callable[[float, str], None] | None = None) -> None:
        self._total, self._show = total, show
        self._done, self._failed, self._began = 0, 0, time.monotonic()
        self._said = self._began

    def __call__(self, record: "Record") -> None:
        self._done += 1
        self._failed += record.error is not None
        failed = f"{self._failed} failed" if self._failed else ""
        if self._show is not None:
            self._show(self._done, failed)
            return
        now = time.monotonic()
        if now - self._said >= LINE_SECONDS or self._done == self._total:
            self._said, passed = now, now - self._began
            to_go = passed / self._done * (self._total - self._done)
            words = [f"{self._done}/{self._total} trainings", f"{duration(passed)}, {duration(to_go)} to go", failed]
            print("; ".join(word for word in words if word), file=sys.stderr, flush=True)


def print_plan(plan: "Plan", order: "Order", base: Path, kept: int, as_json: bool) -> None:
    """What ``--dry-run`` says; ``kept`` trainings are there."""
    count = len(plan.configurations) * len(plan.seeds)
    fidelity = plan.problem.fidelity
    full = plan.problem.seconds
    share = 1.0 if plan.stepwise or fidelity is None else sum(plan.levels) / fidelity.maximum
    seconds = (count - kept) * full * share / order.workers
    if as_json:
        print_json(
            {
                "problem": plan.problem.id,
                "configurations": len(plan.configurations),
                "seeds": len(plan.seeds),
                "trainings": count,
                "there": kept,
                "levels": list(plan.levels),
                "seconds": seconds,
                "table": str(base),
            }
        )
        return
    where = "" if fidelity is None else f" with reports at {len(plan.levels)} fidelities ({_few(plan.levels)})"
    print_lines(
        [
            f"{plan.problem.id}: {len(plan.configurations)} configurations × {len(plan.seeds)} seeds ="
            f" {count} trainings{where}",
            f"{kept} are there; about {duration(seconds)} with {order.workers} at a time; into {base}.parquet",
        ]
    )


def _few(levels: tuple[int, ...]) -> str:
    shown = [str(level) for level in levels]
    return ", ".join(shown if len(shown) <= 6 else [*shown[:3], "…", shown[-1]])


def print_table_made(base: Path, sidecar: "Mapping[str, Any]", as_json: bool) -> None:
    """What was made, and how well the surrogate predicts what it was not fitted to."""
    seeds, replay = len(sidecar["seeds"]), sidecar["replay"]
    surrogate = replay["surrogate"]
    if as_json:
        kept = {name: sidecar[name] for name in ("configurations", "failed", "cpu_seconds")}
        print_json({"table": str(base), **kept, "seeds": seeds, "replay": replay})
        return
    print_lines(
        [
            f"{base}.parquet: {sidecar['configurations']} configurations × {seeds} seeds, {sidecar['failed']} failed"
            f" trainings, {duration(sidecar['cpu_seconds'])} of training"
        ]
    )
    if "none" in surrogate:
        print_lines([f"no surrogate: {surrogate['none']}; the table can be replayed by look-up alone"])
        return
    rows = [
        (target if kind == found["model"] else "", f"{kind} *" if kind == found["model"] else kind, *map(_figure, of))
        for target, found in ((surrogate["scale"], surrogate["loss"]), ("log seconds", surrogate["seconds"]))
        for kind, figures in sorted(found["candidates"].items(), key=lambda item: item[0] != found["model"])
        for of in [(figures["r2"], figures["spearman"], figures["r2_mean"])]
    ]
    print_table(("held out", "model", "R²", "Spearman", "R² of all fidelities"), rows, right=(2, 3, 4))
    lines = ["5-fold cross-validation over configurations, at full fidelity; * taken"]
    if "worst" in surrogate:
        worst = number(surrogate["worst"])
        lines.append(
            f"losses above {worst} at full fidelity, the worst tenth, are so far off that they count as {worst}"
        )
    if failure := surrogate.get("failure"):
        lines.append(
            f"failures: {failure['share']:.1%} of the configurations; of these, {failure['failures_found']:.0%} were"
            f" foretold, and {failure['successes_found']:.0%} of the others told from them"
        )
    lines.append(f"replay it as 'tabular/table[file={base}.json]', or with ,mode=lookup")
    print_lines(lines)


def _figure(value: float) -> str:
    return f"{value:.3f}"

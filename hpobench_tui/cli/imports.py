"""``hpobench import``: others' results as an experiment, marked as such."""

import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import completion, options
from hpobench_tui.core.errors import HpobenchError

if TYPE_CHECKING:
    from hpobench_tui.core.imported import Imported
    from hpobench_tui.core.problem import Landmark
    from hpobench_tui.importing.contract import ImportedRun
    from hpobench_tui.importing.store import Wishes, Written
    from hpobench_tui.store.reader import RunRow


def formats(incomplete: str) -> list[str]:
    """The formats there are."""
    from hpobench_tui.importing.formats import FORMATS

    return completion.matching(FORMATS, incomplete)


def import_results(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Files or folders.", show_default=False)],
    form: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="FORMAT", help="coco, ioh, optuna, smac, bohb or csv; else it is recognised.",
            autocompletion=formats, show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Of the new experiment; else as the first path.", show_default=False)
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(
            "--like", metavar="EXPERIMENT", autocompletion=completion.experiments, show_default=False,
            help="Describe problems (reference, tolerance, unit, budget, measure) as this one does.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns", metavar="KEY=COLUMN,…", show_default=False,
            help="Of tables: problem=task,label='my tool',loss=1-accuracy,repetition=seed,number=step,param:lr=rate.",
        ),
    ] = None,
    problem_names: Annotated[
        list[str] | None,
        typer.Option("--problem", metavar="THEIRS=OURS", help="What a problem is to be called.", show_default=False),
    ] = None,
    label_names: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="THEIRS=OURS", help="What an optimizer is to be called.", show_default=False),
    ] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            "--reference", metavar="[PROBLEM=]LOSS", help="What regret is measured against.", show_default=False
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would come to.")] = False,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:  # fmt: skip
    """Make an experiment of results of other tools, to stand beside ours in tables and figures.

    It is marked as imported everywhere; nothing is claimed of its budgets, and it cannot be resumed.
    """
    from hpobench_tui.cli.output import print_json, print_line
    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.importing import formats as known
    from hpobench_tui.importing.store import write

    given = [Path(path) for path in paths]
    for path in given:
        known.refuse(path)
    kinds = {form or known.recognised(path) for path in given}
    if len(kinds) > 1:
        raise HpobenchError(f"these are of several formats ({', '.join(sorted(kinds))}); import them one by one.")
    (kind,) = kinds
    asked = {"columns": columns} if columns else {}
    renamed = problem_names or [], label_names or [], reference or []
    wishes = _wishes(name or _named(given[0]), like, *renamed, output)
    reader = known.reader(kind)

    def runs() -> "Iterator[ImportedRun]":
        for path in given:
            yield from reader.runs(path, asked)

    def source() -> "Imported":
        from hpobench_tui.core.imported import Imported

        said = [*(["columns=" + columns] if columns else []), *([f"like={like}"] if like else [])]
        pairs = zip(("problem", "label", "reference"), renamed, strict=True)
        said += [f"{key}={text}" for key, texts in pairs for text in texts]
        when = time.strftime("%Y-%m-%d %H:%M:%S")
        return Imported(kind, tuple(map(known.source, given)), when, tuple(said))

    with _place(wishes.name, output or lifecycle.outputs_root(), dry_run) as folder, _progress(as_json) as told:
        written = write(folder, runs(), source, wishes, told)
    if as_json:
        print_json(_json(written, None if dry_run else folder, kind))
        return
    _print(written, kind)
    print_line("nothing is written" if dry_run else f"{folder}: written; `hpobench show {folder.name}` shows it")


def _wishes(
    name: str, like: str | None, problems: Sequence[str], labels: Sequence[str], references: Sequence[str],
    output: Path | None,
) -> "Wishes":  # fmt: skip
    from hpobench_tui.core.experiment import check_name
    from hpobench_tui.importing.store import Wishes
    from hpobench_tui.store.reader import Reader

    check_name(name, "--name")
    described: dict[str, RunRow] = {}
    marks: Mapping[str, list[Landmark]] = {}
    if like is not None:
        with Reader(options.folder_of(like, output)) as reader:
            for run in reader.runs():
                described.setdefault(run.problem, run)
            marks = reader.landmarks()
    pinned: dict[str, float] = {}
    for text in references:
        where, _, amount = text.rpartition("=")
        if where.strip() in pinned:
            raise HpobenchError(f"--reference: there are two for {where.strip() or 'all problems'}.")
        pinned[where.strip()] = _loss(amount)
    return Wishes(name, described, marks, _pairs("problem", problems), _pairs("label", labels), pinned)


def _pairs(what: str, texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        theirs, equals, ours = text.partition("=")
        if text.count("=") > 1:  # a name may have a sign of equality: then the last one parts them
            theirs, equals, ours = text.rpartition("=")
        if not (equals and theirs.strip() and ours.strip()):
            raise HpobenchError(f"--{what}: must read THEIRS=OURS, not {text!r}.")
        if theirs.strip() in found:
            raise HpobenchError(f"--{what}: there are two names for {theirs.strip()!r}.")
        found[theirs.strip()] = ours.strip()
    return found


def _loss(text: str) -> float:
    from math import isfinite

    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise HpobenchError(f"--reference: must be a finite loss, or PROBLEM=LOSS, not {text!r}.")
    return value


def _named(path: Path) -> str:
    """A name for an experiment from a file's."""
    from hpobench_tui.core.experiment import LONGEST_NAME

    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", path.resolve().stem).strip("-._")
    return plain[:LONGEST_NAME].rstrip("-._") or "imported"


@contextmanager
def _place(name: str, root: Path, dry_run: bool) -> "Iterator[Path]":
    """The folder of the new store; one for the moment if nothing is to be written."""
    from hpobench_tui.engine.front import lifecycle

    if dry_run:
        with tempfile.TemporaryDirectory(prefix="hpobench-import-") as folder:
            yield Path(folder)
    else:
        with lifecycle.new_folder(name, root) as folder:
            yield folder


def _json(written: "Written", folder: Path | None, kind: str) -> Mapping[str, object]:
    return {
        "experiment": folder.name if folder else None,
        "path": str(folder) if folder else None,
        "format": kind,
        "runs": [
            {"problem": problem, "label": label, "repetitions": count}
            for problem, counts in written.runs.items() for label, count in counts.items() if count
        ],
        "trials": written.trials,
        "notes": list(written.notes),
    }  # fmt: skip


def _print(written: "Written", kind: str) -> None:
    from hpobench_tui.cli.output import print_lines, print_table

    rows = [(p, label, count) for p, counts in written.runs.items() for label, count in counts.items() if count]
    most = 40
    print_table(("problem", "optimizer", "runs"), rows[:most], f"read as {kind}", right=(2,))
    lines = [f"… and {len(rows) - most} more pairs"] if len(rows) > most else []
    runs = sum(count for *_, count in rows)
    print_lines([*lines, f"{runs} runs with {written.trials} trials on record", *written.notes])


@contextmanager
def _progress(silent: bool):  # type: ignore[no-untyped-def]
    """Something that may be told of each run: a line on a terminal."""
    import sys

    if silent or not sys.stderr.isatty():
        yield lambda where, trials: None
        return
    from rich.console import Console

    from hpobench_tui.core.text import in_line

    with Console(stderr=True).status("reading") as status:
        yield lambda where, trials: status.update(f"{trials:,} trials read; {in_line(where)}".replace("[", r"\["))

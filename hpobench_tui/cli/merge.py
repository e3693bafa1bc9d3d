"""``hpobench merge``: experiments of several machines as one."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpobench_tui.cli import completion, options
from hpobench_tui.core.patterns import Spans

if TYPE_CHECKING:
    from hpobench_tui.core.shards import Shard
    from hpobench_tui.store.merge import Place


def merge(
    experiments: Annotated[
        list[str],
        typer.Argument(
            help="Experiments: paths, folder names, or beginnings of them.",
            autocompletion=completion.experiments,
            show_default=False,
        ),
    ],
    to: Annotated[Path, typer.Option("--output", "-o", help="Folder of the new experiment.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would come to.")] = False,
    as_json: options.Json = False,
) -> None:
    """Make one experiment of several that are parts of it, as of `hpobench run --shard 1/2` and `2/2`.

    Runs that several have must be equal in all but times. Those that none has wait for `hpobench resume`; or the
    commands that are printed run them where the parts were run.
    """
    from hpobench_tui.cli.output import print_json, print_line
    from hpobench_tui.engine.front import merging, shards

    folders = [options.folder_of(experiment, None) for experiment in experiments]
    merged = merging.merge(folders, to, dry_run)
    counts = merged.counts
    missing = merged.missing
    unfinished = merged.unfinished
    if as_json:
        print_json(
            {
                "experiment": merged.experiment.name, "written": None if dry_run else str(to),
                "runs": len(merged.taken), "taken": counts, "shared": merged.shared, "unfinished": unfinished,
                "missing": [{"problem": p, "optimizer": label, "repetition": n} for p, label, n in missing],
                "missing_shards": [str(shard) for shard in merged.missing_shards], "commands": list(merged.commands),
            }
        )  # fmt: skip
        return
    of = ", ".join(f"{count} of {name}" for name, count in counts.items())
    print_line(f"{to}: {len(merged.taken)} runs ({of}){'; nothing is written' if dry_run else ''}")
    if merged.shared:
        print_line(f"{merged.shared} runs are in several of them, and equal")
    for count, numbers in _by_count(merged.missing_shards).items():
        print_line(f"missing: shards {Spans.of(numbers)} of {count}")
    for line in _in_words(missing):
        print_line(line)
    if missing or unfinished:
        what = [f"{len(missing)} runs are missing"] * bool(missing) + [f"{unfinished} are unfinished"] * bool(
            unfinished
        )
        print_line(f"{' and '.join(what)}; these run them, and nothing twice:")
        for command in merged.commands:
            print_line(f"  {command}")
        if not dry_run and shards.resuming(to) not in merged.commands:
            print_line(f"or all of them here: {shards.resuming(to)}")


def _by_count(shards: "Iterable[Shard]") -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for number, count in shards:
        found.setdefault(count, []).append(number)
    return found


def _in_words(missing: "list[Place]") -> list[str]:
    """Runs that are missing, a line for the pairs that lack the same repetitions."""
    from hpobench_tui.core.nearest import some

    lacking: dict[tuple[str, str], list[int]] = {}
    for problem, label, repetition in missing:
        lacking.setdefault((label, problem), []).append(repetition)
    pairs: dict[str, list[str]] = {}
    for (label, problem), repetitions in lacking.items():
        pairs.setdefault(str(Spans.of(repetitions)), []).append(f"{label} on {problem}")
    return [f"missing: repetitions {spans} of {some(of)}" for spans, of in pairs.items()]

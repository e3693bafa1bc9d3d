"""``hpobench import-table``: a problem of what somebody else trained, from a file with a row a training or report."""

import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpobench_tui.cli import completion, options
from hpobench_tui.cli.output import number, print_json, print_line, print_lines, print_table
from hpobench_tui.core.errors import HpobenchError, unknown

if TYPE_CHECKING:
    from hpobench_tui.tabulation.foreign.make import Foreign
    from hpobench_tui.tabulation.foreign.space import Hyperparameter


def column_names(ctx: typer.Context) -> list[str]:
    """The columns of the file that is named already, for completion."""
    from hpobench_tui.tabulation.foreign.reading import BROKEN, names

    with suppress(HpobenchError, *BROKEN):
        return names(Path(str(ctx.params.get("file") or "")))
    return []


def one_column(ctx: typer.Context, incomplete: str) -> list[str]:
    """One of the file's columns."""
    return completion.matching(column_names(ctx), incomplete)


def listed_columns(ctx: typer.Context, incomplete: str) -> list[str]:
    """Columns separated by commas, and after a colon what one is."""
    before, comma, last = incomplete.rpartition(",")
    name, colon, _ = last.partition(":")
    words = [f"{name}:{kind}" for kind in KINDS] if colon else column_names(ctx)
    return [f"{before}{comma}{word}" for word in completion.matching(words, last)]


KINDS = ("float", "int", "log", "cat", "ord", "loss", "reward", "seed", "fidelity", "seconds", "metric", "ignore")
TWICE, SHORT = ("seeds", "mean", "last"), ("hold", "drop", "fail")


def import_table(
    file: Annotated[Path, typer.Argument(help="CSV, TSV (also .gz), Parquet, Feather or JSON lines.")],
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--columns", "-c", metavar="NAME[:KIND],…", autocompletion=listed_columns, show_default=False,
            help="The hyperparameters, each with what it is, if that is not to be guessed: float, int, log, cat, ord"
            " (size:ord=S<M<L); '*' for all others. Also what else a column is: loss, reward, seed, fidelity, seconds,"
            " metric, ignore. Default: all columns that are nothing else by their names.",
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            "--loss", metavar="COLUMN", autocompletion=one_column, help="To be minimised.", show_default=False
        ),
    ] = None,
    reward: Annotated[
        str | None,
        typer.Option(
            "--reward", metavar="COLUMN", autocompletion=one_column, show_default=False,
            help="To be maximised instead: loss = 1 - reward if all lie in \\[0, 1], else -reward.",
        ),
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option(
            "--seed", metavar="COLUMN", autocompletion=one_column, help="Tells trainings of one configuration apart.",
            show_default=False,
        ),
    ] = None,
    fidelity: Annotated[
        str | None,
        typer.Option(
            "--fidelity", metavar="COLUMN", autocompletion=one_column, show_default=False,
            help="How far a training was taken: epochs, samples.",
        ),
    ] = None,
    seconds: Annotated[
        str | None,
        typer.Option(
            "--seconds", metavar="COLUMN", autocompletion=one_column, show_default=False,
            help="Since the training's start; without it a unit of fidelity takes a second.",
        ),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="COLUMN", autocompletion=one_column, help="To be kept.", show_default=False),
    ] = None,
    duplicates: Annotated[
        str | None,
        typer.Option(
            "--duplicates", autocompletion=completion.one_of(*TWICE), show_default=False,
            help="Rows of one configuration (and seed) are: seeds, mean or last \\[default: seeds without a column of"
            " these, else refused].",
        ),
    ] = None,
    short: Annotated[
        str,
        typer.Option(
            "--short", autocompletion=completion.one_of(*SHORT),
            help="Trainings that end early: hold their last loss, drop, or fail.",
        ),
    ] = "hold",
    seconds_each: Annotated[
        bool, typer.Option("--seconds-each", help="Seconds are those of each row alone, not from the start.")
    ] = False,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Each fidelity was trained anew: nothing can be continued.")
    ] = False,
    drop_missing: Annotated[
        bool,
        typer.Option(
            "--drop-missing",
            help="Leave out rows without a loss (else the training failed there) or without a hyperparameter (else it"
            " is inactive there, if another one tells why).",
        ),
    ] = False,
    surrogate: Annotated[
        bool | None,
        typer.Option(
            "--surrogate/--no-surrogate", show_default=False,
            help="Fit a model, for mode=surrogate \\[default: if the table does not hold its whole space].",
        ),
    ] = None,
    origin: Annotated[
        str, typer.Option("--origin", help="Whose trainings they are, as a paper would cite it.", show_default=False)
    ] = "",
    licence: Annotated[
        str, typer.Option("--licence", help="Of the table, as CC-BY-4.0.", show_default=False)
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the table \\[default: tables in $HPOBENCH_OUTPUTS or outputs]."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the table's files \\[default: the file's].")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a table of this name.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what each column is taken for.")] = False,
    as_json: options.Json = False,
) -> None:  # fmt: skip
    """Make a problem of anyone's table of trainings, which experiments replay without training.

    A row is a training, or its report at one fidelity. What is not said is guessed, and told.
    """
    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.tabulation.foreign.columns import Role
    from hpobench_tui.tabulation.foreign.curves import Choices, Short, Twice
    from hpobench_tui.tabulation.foreign.make import Wishes, make, refuse, understand
    from hpobench_tui.tabulation.foreign.reading import stem
    from hpobench_tui.tabulation.make import base_of

    for option, value, valid in (("--duplicates", duplicates, TWICE), ("--short", short, SHORT)):
        if value is not None and value not in valid:
            raise unknown(option, value, valid)
    said = [(Role.LOSS, loss), (Role.REWARD, reward), (Role.SEED, seed), (Role.FIDELITY, fidelity)]
    said += [(Role.SECONDS, seconds), *((Role.METRIC, metric) for metric in metrics or ())]
    wishes = Wishes(
        columns or (),
        [(role, column) for role, column in said if column is not None],
        Choices(Twice(duplicates) if duplicates else None, Short(short), seconds_each, from_scratch, drop_missing),
        surrogate,
        origin,
        licence,
        shlex.join(["hpobench", *sys.argv[1:]]),
    )
    base = base_of(output or lifecycle.outputs_root() / "tables", name, stem(file))
    if not dry_run:
        refuse(base, force)
    foreign = understand(file, wishes)
    made = None if dry_run else make(foreign, base, wishes, force, partial(print_line, error=True))
    if as_json:
        print_json(as_data(foreign, base, made))
    else:
        print_foreign(foreign, base, made)


def as_data(foreign: "Foreign", base: Path, made: Mapping[str, Any] | None) -> dict[str, Any]:
    """What was found, and where it was written, for JSON."""
    grid, columns = foreign.grid, foreign.columns
    return {
        "file": str(foreign.path),
        "rows": foreign.rows,
        "configurations": len(grid.kept),
        "seeds": len(grid.seeds),
        "levels": grid.levels,
        "failed": int((grid.failed_at >= 0).sum()),
        "complete": foreign.complete,
        "hyperparameters": [
            {
                "name": one.name,
                "kind": str(one.kind),
                "values": list(one.values) if one.discrete else None,
                "range": None if one.discrete else list(one.bounds),
                "guessed": one.guessed,
                "parent": None if one.parent is None else {"name": one.parent[0], "values": list(one.parent[1])},
            }
            for one in foreign.found.hyperparameters
        ],
        "columns": {column: str(role) for column, role in columns.roles.items()},
        "ignored": columns.reasons,
        "reward": grid.reward,
        "best": foreign.best,
        "notes": grid.notes,
        "table": str(base),
        "written": made is not None,
        "replay": None if made is None else made["replay"],
    }


def print_foreign(foreign: "Foreign", base: Path, made: Mapping[str, Any] | None) -> None:
    """What each column is taken for, what the table holds, and how to use it."""
    import numpy as np

    grid, columns, means = foreign.grid, foreign.columns, foreign.means
    rows = [(one.name, _kind(one), _values(one), _dependence(one)) for one in foreign.found.hyperparameters]
    for column, role in columns.roles.items():
        rows.append((column, str(role), columns.reasons.get(column, ""), ""))
    print_table(("column", "taken for", "values", "active"), rows)
    count = f"{foreign.rows} rows: {len(grid.kept)} configurations"
    if (space := foreign.found.combinations) is not None:
        count += " (all there are)" if foreign.complete else f" of {space}"
    parts = [count, f"{len(grid.seeds)} trainings each" if len(grid.seeds) > 1 else "one training each"]
    if grid.fidelity is not None:
        parts.append(f"{len(grid.levels)} fidelities, {grid.levels[0]} to {grid.levels[-1]} {grid.fidelity.name}")
    lines = [" × ".join(parts)]
    if grid.reward:
        lines.append(grid.reward)
    words = ", ".join(f"{hp} = {value}" for hp, value in foreign.best.items())
    lines.append(
        f"losses {number(float(np.nanmin(means)))} to {number(float(np.nanmax(means)))}, median"
        f" {number(float(np.nanmedian(means)))}; least with {words}"
    )
    lines += grid.notes
    if made is None:
        lines.append(f"nothing is written (--dry-run); it would be {base}.json and .npz")
    else:
        lines += _use(base, made["replay"]["surrogate"])
    print_lines(lines)


def _use(base: Path, surrogate: Mapping[str, Any]) -> list[str]:
    """How to replay what was written."""
    lines = [f"replay it as 'tabular/table[file={base}.json,mode=lookup]'"]
    if "none" in surrogate:
        return [*lines, f"no surrogate: {surrogate['none']}"]
    of = surrogate["loss"]
    fitted = f", fitted to {surrogate['fitted_to']} configurations" if "fitted_to" in surrogate else ""
    model = f"{of['model']}{fitted}: held-out R² {of['r2']:.3f}, Spearman {of['spearman']:.3f}"
    return [*lines, f"or its surrogate ({model}) as 'tabular/table[file={base}.json]'"]


def _kind(one: "Hyperparameter") -> str:
    words = "constant" if len(one.values) == 1 else str(one.kind)
    return f"{words} (guessed)" if one.guessed else words


def _values(one: "Hyperparameter") -> str:
    if not one.discrete:
        lower, upper = one.values[0], one.values[-1]
        return f"{lower:g} to {upper:g}" if isinstance(lower, float) else f"{lower} to {upper}"
    words = [f"{value:g}" if isinstance(value, float) else str(value) for value in one.values]
    return ", ".join(words if len(words) <= 8 else [*words[:4], "…", *words[-2:], f"({len(words)})"])


def _dependence(one: "Hyperparameter") -> str:
    if one.parent is None:
        return ""
    name, values = one.parent
    return f"if {name} is {' or '.join(map(str, values))}"

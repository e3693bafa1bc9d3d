"""The commands of plug-ins, put beside our own: options from their parameters, and one way to show what they find."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from inspect import Parameter as Argument
from inspect import Signature
from pathlib import Path
from typing import Annotated, Any

import typer

from hpobench_tui import plugins
from hpobench_tui.cli import options
from hpobench_tui.cli.bars import bar
from hpobench_tui.cli.output import print_json, print_line, print_lines, print_table
from hpobench_tui.core.command import CommandContext, CommandInfo, CommandResult, Incumbent, ReportProgress, in_words
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.text import percent, visible

LINE_SECONDS = 10.0
GROUP_HELP = "Commands of the {} plug-in."


def add_commands(app: typer.Typer) -> dict[str, str]:
    """Add every registered command to the program, in the group that its name says.

    Returns:
        Those whose group is one of our own commands, with the reason; ``hpobench doctor`` lists them.
    """
    own = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    refused: dict[str, str] = {}
    groups: dict[str, typer.Typer] = {}
    for info in plugins.commands():
        group, _, name = info.name.partition(" ")
        if group in own:
            refused[info.name] = f"{group!r} is a command of hpobench's own"
            continue
        if group not in groups:
            groups[group] = typer.Typer(cls=app.info.cls, no_args_is_help=True, help=GROUP_HELP.format(group))
            app.add_typer(groups[group], name=group)
        groups[group].command(name, help=described(info.summary, ()))(callback(info))
    return refused


def callback(info: CommandInfo) -> Callable[..., None]:
    """A function that Typer makes the command of: its signature holds the options."""

    def call(**given: Any) -> None:
        as_json, output = given.pop("as_json"), given.pop("output")
        experiment = given.pop("experiment", None)
        parameters = {p.name: p.check(given[p.name], info.name) for p in info.parameters}
        folder = options.folder_of(experiment, output) if info.experiment else output
        result = perform(info, folder, parameters)
        if as_json:
            print_json(as_plain(result))
        else:
            print_result(result)
        if not result.passed:
            raise typer.Exit(1)

    arguments: dict[str, tuple[object, object]] = {"experiment": ("latest", options.Experiment)}
    if not info.experiment:
        arguments = {}
    for p in info.parameters:
        option = typer.Option(f"--{p.name.replace('_', '-')}", help=described(p.help, p.choices))
        arguments[p.name] = p.default, Annotated[type(p.default), option]
    folder = options.Root if info.experiment else Annotated[Path | None, typer.Option("--output", "-o", help=FOLDER)]
    arguments |= {"output": (None, folder), "as_json": (False, options.Json)}
    call.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            Argument(name, Argument.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (default, annotation) in arguments.items()
        ]
    )
    call.__annotations__ = {name: annotation for name, (_, annotation) in arguments.items()}
    return call


FOLDER = "Folder for files; made if need be \\[default: no files]."


def described(text: str, choices: tuple[Value, ...]) -> str:
    whole = f"{text} One of {', '.join(map(str, choices))}." if choices else text
    return visible(whole).replace("[", r"\[")  # no markup


def perform(info: CommandInfo, folder: Path | None, parameters: Mapping[str, Value]) -> CommandResult:
    """Do a command, and tell its progress.

    ``folder`` is the experiment's if it reports on one, else where files may be written.
    """
    from hpobench_tui.analysis.best import incumbents
    from hpobench_tui.store.reader import Reader

    found: tuple[Incumbent, ...] = ()
    if info.experiment and folder is not None:
        with Reader(folder) as reader:
            found, changed = incumbents(reader), reader.remark(whole=True)
        if changed:
            print(changed, file=sys.stderr)
    elif folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with progress() as report_progress:
        return plugins.perform(info, CommandContext(report_progress, folder, found), parameters)


def as_plain(result: CommandResult) -> dict[str, object]:
    """What ``--json`` prints."""
    return {
        "passed": result.passed,
        "tables": [
            {"title": table.title, "rows": [dict(zip(table.headers, row, strict=True)) for row in table.rows]}
            for table in result.tables
        ],
        "notes": list(result.notes),
        "files": [str(path) for path in result.files],
    }


def print_result(result: CommandResult) -> None:
    """Tables, notes and files, for people."""
    for table in result.tables:
        columns = range(len(table.headers))
        right = [c for c in columns if any(isinstance(row[c], (int, float)) for row in table.rows)]
        print_table(table.headers, [[in_words(value) for value in row] for row in table.rows], table.title, right)
    print_lines([*result.notes, *(f"written: {path}" for path in result.files)])


@contextmanager
def progress() -> Iterator[ReportProgress]:
    """Tells progress on standard error: a bar with the time to go on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        last = [time.monotonic()]

        def tell(share: float, doing: str) -> None:
            if time.monotonic() - last[0] > LINE_SECONDS:
                last[0] = time.monotonic()
                print_line(f"{percent(share)} {doing}", error=True)

        yield tell
        return
    with bar(1.0) as show:
        yield show

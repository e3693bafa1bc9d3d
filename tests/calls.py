"""The program called in this process, and all commands that it has."""

from collections.abc import Iterator

import pytest
import typer

from hpobench_tui.cli import app as cli
from hpobench_tui.cli.extension import add_commands


def fresh() -> typer.Typer:
    """The program before plug-ins were added to it."""
    app = typer.Typer(**{k: v for k, v in vars(cli.app.info).items() if k in ("cls", "context_settings", "epilog")})
    app.registered_callback = cli.app.registered_callback
    app.registered_commands = list(cli.app.registered_commands)
    app.registered_groups = list(cli.app.registered_groups)
    app.pretty_exceptions_enable = False
    return app


def commands() -> Iterator[tuple[tuple[str, ...], object]]:
    """(words, command) of each that the program has now, with those of plug-ins."""

    def walk(group: object, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
        for name, command in group.commands.items():  # type: ignore[attr-defined]
            if hasattr(command, "commands"):
                yield from walk(command, (*words, name))
            else:
                yield (*words, name), command

    app = fresh()
    add_commands(app)
    yield from walk(typer.main.get_command(app), ())


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of a call, as ``hpobench`` makes it; what it says goes to this process's streams."""
    monkeypatch.setattr("sys.argv", ["hpobench", *map(str, arguments)])
    monkeypatch.setattr(cli, "app", fresh())
    with pytest.raises(SystemExit) as end:
        cli.run()
    return end.value.code if isinstance(end.value.code, int) else 1

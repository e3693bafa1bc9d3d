"""The command line: one module a subcommand, put together. Without a subcommand it opens the app."""

import os
import sys
from io import TextIOWrapper
from typing import Annotated

import typer
from typer.core import TyperGroup

from hpobench_tui import __version__
from hpobench_tui.cli import baseline
from hpobench_tui.cli.attach import attach
from hpobench_tui.cli.audit import audit
from hpobench_tui.cli.best import best
from hpobench_tui.cli.brackets import brackets
from hpobench_tui.cli.check import check
from hpobench_tui.cli.compare import compare
from hpobench_tui.cli.completion import be_silent
from hpobench_tui.cli.control import cancel, pause, unpause
from hpobench_tui.cli.doctor import doctor
from hpobench_tui.cli.errors import errors
from hpobench_tui.cli.export import export
from hpobench_tui.cli.extend import extend
from hpobench_tui.cli.extension import add_commands
from hpobench_tui.cli.import_table import import_table
from hpobench_tui.cli.imports import import_results
from hpobench_tui.cli.list import list_experiments
from hpobench_tui.cli.merge import merge
from hpobench_tui.cli.optimizers import optimizers
from hpobench_tui.cli.presets import presets
from hpobench_tui.cli.problems import problems
from hpobench_tui.cli.repair import repair
from hpobench_tui.cli.resume import resume
from hpobench_tui.cli.retry import retry
from hpobench_tui.cli.run import run_experiment
from hpobench_tui.cli.selfcheck import selfcheck
from hpobench_tui.cli.serve import serve
from hpobench_tui.cli.show import show
from hpobench_tui.cli.slurm_script import slurm_script
from hpobench_tui.cli.streams import complain, let_go
from hpobench_tui.cli.tabulate import tabulate
from hpobench_tui.cli.watching import watch
from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.text import show_only_what_is_seen


class Commands(TyperGroup):
    """A group that says which of its commands was probably meant, or which broken plug-in should have it."""

    def resolve_command(self, ctx, args):  # type: ignore[no-untyped-def]  # whose context it is depends on Typer
        if args[0] not in self.commands and not args[0].startswith("-") and not ctx.resilient_parsing:
            from hpobench_tui import plugins

            kind = "command" if ctx.parent is None else f"command of {ctx.command_path!r}"
            raise unknown(kind, args[0], list(self.commands), plugins.commands().suspects(args[0]))
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=False,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Experiments can be named by path, folder name, the beginning of it, or 'latest'."
    " Exit codes: 0 fine, 1 something in the results failed, 2 bad input, 3 the experiment was interrupted.",
)


def version(asked: bool) -> None:
    if asked:
        print(f"hpobench-tui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", "-V", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Benchmark hyperparameter optimizers under exactly equal budgets.

    Without a command: opens the app.
    """
    if context.invoked_subcommand is None:
        attach(None)


app.command("run")(run_experiment)
app.command("attach")(attach)
app.command("serve")(serve)
app.command("watch")(watch)
app.command("resume")(resume)
app.command("retry")(retry)
app.command("extend")(extend)
app.command("merge")(merge)
app.command("slurm-script")(slurm_script)
app.command("pause")(pause)
app.command("unpause")(unpause)
app.command("cancel")(cancel)
app.command("list")(list_experiments)
app.command("show")(show)
app.command("compare")(compare)
app.command("best")(best)
app.command("errors")(errors)
app.command("check")(check)
app.add_typer(baseline.COMMANDS, name="baseline", cls=Commands)
app.command("audit")(audit)
app.command("repair")(repair)
app.command("export")(export)
app.command("import")(import_results)
app.command("presets")(presets)
app.command("problems")(problems)
app.command("optimizers")(optimizers)
app.command("brackets")(brackets)
app.command("selfcheck")(selfcheck)
app.command("tabulate")(tabulate)
app.command("import-table")(import_table)
app.command("doctor")(doctor)


def run() -> None:
    """Run the command line; what the user can mend is one message on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # not when closed
            stream.reconfigure(errors="replace")  # a terminal that cannot show ✓ shows ?
    if sys.stdout is None:  # `hpobench list >&-`
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the life of the process
    show_only_what_is_seen()
    be_silent()
    try:
        code = app(prog_name="hpobench", standalone_mode=False, obj=add_commands(app))
        sys.exit(code if isinstance(code, int) else 0)
    except typer.Abort:
        sys.exit(130)
    except HpobenchError as error:
        complain(f"hpobench: {error}")
        sys.exit(2)
    except BrokenPipeError:  # `hpobench list | head`
        let_go(sys.stdout)
        sys.exit(1)
    except OSError as error:  # a full disk behind the output, for one
        complain(f"hpobench: {error}")
        let_go(sys.stdout)
        sys.exit(1)
    except Exception as error:
        from hpobench_tui.cli.usage import Usage, in_words

        if not isinstance(error, Usage):
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
        else:
            print(in_words(error), file=sys.stderr)
        sys.exit(error.exit_code)

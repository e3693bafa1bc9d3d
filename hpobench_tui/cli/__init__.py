"""The ``hpobench`` command, one module a subcommand. Importing it must stay instant."""


def main() -> None:
    """Entry point of the ``hpobench`` script."""
    from hpobench_tui.cli.app import run

    run()

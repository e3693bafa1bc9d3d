"""``python -m hpobench_tui`` is ``hpobench``."""

from hpobench_tui.cli import main

main()

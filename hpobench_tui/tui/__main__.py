"""The app for a program that shows it elsewhere (``hpobench serve``), and speaks Textual's web protocol with it.

TEXTUAL_DRIVER=textual.drivers.web_driver:WebDriver python -m hpobench_tui.tui [EXPERIMENT'S FOLDER]
"""

import gc
import sys
from pathlib import Path

from hpobench_tui.core.errors import HpobenchError


def main() -> None:
    """Exit code 2, and a line on standard error: it cannot be opened."""
    gc.disable()  # as in hpobench_tui.cli.attach
    from hpobench_tui.tui.app import run

    gc.freeze()
    gc.enable()
    try:
        run(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    except HpobenchError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()

"""Standard streams that cannot be written, as a full disk is behind them, or nobody."""

import os
import sys
from contextlib import suppress
from typing import TextIO


def let_go(stream: TextIO) -> None:
    """What was still buffered for it, and whatever is written from now on, goes nowhere and fails no more."""
    with suppress(OSError, ValueError):  # closed, or none of the system's
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def complain(text: str) -> None:
    """A line on standard error, if that can be written."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        let_go(sys.stderr)

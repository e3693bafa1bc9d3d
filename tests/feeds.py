"""How tests have a feed read."""

import time
from typing import Any

from hpobench_tui.tui.feed import Feed, Reading

PATIENCE = 20.0
"""Seconds."""


def read(feed: Feed, *readings: Reading[Any], patience: float = PATIENCE) -> None:
    """Have a feed read all of this, as of now."""
    feed.want(readings)
    deadline = time.monotonic() + patience
    while not feed.settled:
        assert time.monotonic() < deadline, f"still reading after {patience} s"
        time.sleep(0.005)

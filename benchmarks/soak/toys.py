"""Problems that take their time, or none where only results are wanted; some break at certain configurations."""

import ctypes
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import replace

from benchmarks.kills import toys
from benchmarks.kills.toys import Chain
from hpobench_tui.core import Fidelity, ProblemInfo

PACE = "HPOBENCH_SOAK_SECONDS"
"""What a unit of fidelity takes."""
BAD = 0.12
"""Where ``x`` is below, breakable ones break."""
OWN = '''"""A person's own file, of which some trials fail."""

import time


class Own:
    space = {"x": (0.0, 1.0)}
    reference = 0.0

    def __call__(self, configuration):
        time.sleep(0.02)
        if configuration["x"] < 0.2:
            raise ValueError("too small")
        return configuration["x"]
'''


def _chain(go_wrong: Callable[[], object] = lambda: None) -> Chain:
    def on_the_way(x: float) -> None:
        if x < BAD:
            go_wrong()

    return Chain(float(os.environ.get(PACE) or 0.0), on_the_way)


def paced() -> Chain:
    return _chain()


def raises() -> Chain:
    def go_wrong() -> None:
        raise ValueError("x is too small")

    return _chain(go_wrong)


def exits() -> Chain:
    return _chain(lambda: os._exit(3))


def segfaults() -> Chain:
    def go_wrong() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        ctypes.string_at(0)

    return _chain(go_wrong)


def rubbish() -> Chain:
    """Prints what no terminal should get, and past Python as well."""

    def go_wrong() -> None:
        print("\x1b[2J\u202e{" * 200, "\ud800")
        print("x" * 10_000, file=sys.stderr)
        os.write(1, bytes(range(256)) * 8)
        os.write(2, b'{"id": 1, "answer"\n' * 50)

    return _chain(go_wrong)


_EPOCHS = Fidelity("epochs", 1, 9, step=1)
_LIKE = toys.PROBLEMS[0]
NAMES = ("paced", "raises", "exits", "segfaults", "rubbish")
PROBLEMS: tuple[ProblemInfo, ...] = (
    *(replace(_LIKE, id=f"soak/{name}", summary=name, load=f"{__name__}:{name}", fidelity=None) for name in NAMES),
    replace(_LIKE, id="soak/epochs", summary="epochs", load=f"{__name__}:paced", fidelity=_EPOCHS),
)
OPTIMIZERS = ()

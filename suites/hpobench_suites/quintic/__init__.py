"""Networks that learn the Calabi-Yau metric of a quintic threefold, and Donaldson's algorithm beside them."""

from hpobench_tui.core import ProblemInfo

PROBLEMS: tuple[ProblemInfo, ...] = ()

"""Networks that learn the Calabi-Yau metric of a quintic threefold, and Donaldson's algorithm beside them."""

from hpobench_suites.quintic.descriptions import NETWORK_PROBLEMS
from hpobench_suites.quintic.donaldson import DONALDSON_PROBLEMS
from hpobench_tui.core import ProblemInfo

PROBLEMS: tuple[ProblemInfo, ...] = (*NETWORK_PROBLEMS, *DONALDSON_PROBLEMS)

"""Problems of the suite."""

from hpobench_tui.core import ProblemInfo

PROBLEMS: tuple[ProblemInfo, ...] = ()

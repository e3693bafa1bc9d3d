"""Tuning of scikit-learn's models on its own small data sets: real trainings that take milliseconds to seconds."""

from hpobench_suites.ml.descriptions import TUNED
from hpobench_tui.core import ProblemInfo

PROBLEMS: tuple[ProblemInfo, ...] = tuple(tuned() for tuned in TUNED.values())

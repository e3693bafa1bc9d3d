"""Bandits: stochastic, non-stationary and adversarial ones, and Hyperband's non-stochastic ones with learning curves.

Each family's module holds its description beside its code, and imports nothing heavy before it is loaded.
"""

from hpobench_suites.bandits import (
    abrupt,
    adversarial,
    bernoulli,
    best_arm,
    correlated,
    curves,
    drifting,
    envelope,
    gaussian,
    reservoir,
    student,
)
from hpobench_tui.core import ProblemInfo

AUER = "Auer, Cesa-Bianchi & Fischer 2002"

PROBLEMS: tuple[ProblemInfo, ...] = (
    bernoulli.describe_published("bernoulli-2", f"{AUER}, distribution 2"),
    bernoulli.describe_published("bernoulli-10", f"{AUER}, distribution 12"),
    bernoulli.describe_published("bernoulli-10-hard", f"{AUER}, distribution 14"),
    bernoulli.describe(),
    gaussian.GAUSSIAN_10_INFO,
    gaussian.describe(),
    student.describe(),
    correlated.describe(),
    abrupt.describe(),
    drifting.describe(),
    adversarial.describe(),
    best_arm.describe(),
    reservoir.describe(),
    curves.CURVES,
    envelope.describe(),
)

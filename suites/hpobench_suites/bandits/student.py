"""Heavy-tailed arms: rewards from Student's t distribution with ``df`` degrees of freedom about the arm's mean.

Means exist for df > 1 only, variances for df > 2: the default of 2.5 has a variance (of 5) but no third moment, and
policies whose bounds presume sub-Gaussian rewards lose their guarantee (Bubeck, Cesa-Bianchi & Lugosi, *Bandits with
heavy tail*, arXiv 1209.1727). One arm has the mean ``gap``, the others 0; the scale is 1; loss = -reward.

Drawn exactly by Bailey's polar method (*Polar generation of random variates with the t-distribution*, Mathematics of
Computation 62, 1994): T = sqrt(df (U^(-2/df) - 1)) cos(2 pi V) for uniform U and V.
"""

from dataclasses import replace
from math import cos, expm1, log, pi, sqrt

from hpobench_suites.bandits.arms import Arms, K, Pull, best_position, one_good_arm
from hpobench_suites.bandits.gaussian import GAP, GAUSSIAN_10_INFO
from hpobench_suites.noise import uniform
from hpobench_tui.core import Configuration, Parameter, ProblemInfo, Reference
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.targets import of_arms

TURN = 2.0 * pi


class Student(Arms):
    """``k`` arms, the best of mean ``gap`` and the others of mean 0.

    Of 2,000 pulls some are farther out than any of a normal distribution:

    >>> problem = Student(k=3, df=2.5, gap=0.5)
    >>> losses = [problem.start({"arm": "0"}, seed, "cpu").advance(1).loss for seed in range(2000)]
    >>> max(map(abs, losses)) > 8.0
    True
    """

    def __init__(self, k: int, df: float, gap: float) -> None:
        super().__init__(k, [best_position(k)])
        self._df = df
        self._exponent = -2.0 / df
        self._arms: dict[Value, tuple[int, int, float]] = {
            name: (2 * arm, 2 * arm + 1, 0.0 - mean)
            for arm, (name, mean) in enumerate(zip(self._names, one_good_arm(k, gap, 0.0), strict=True))
        }

    def start(self, configuration: Configuration, seed: int, device: str) -> Pull:
        """Pull the arm once."""
        radius, angle, truth = self._arms[configuration["arm"]]
        # expm1(a log u) = u^a - 1, without loss of digits where u is close to 1.
        t = sqrt(self._df * expm1(self._exponent * log(uniform(seed, radius)))) * cos(TURN * uniform(seed, angle))
        return Pull(truth - t, truth)


def describe(k: int = 10, df: float = 2.5, gap: float = 0.5) -> ProblemInfo:
    """``bandits/student``."""
    return replace(
        GAUSSIAN_10_INFO,
        id="bandits/student",
        summary=f"{k} heavy-tailed arms (Student's t, {df:g} degrees of freedom), one better by {gap:g}",
        load="hpobench_suites.bandits.student:Student",
        reference=Reference(-gap, "minus the best mean, which is the gap"),
        seconds=2e-6,
        tags=("bandit", "stochastic", "heavy-tailed"),
        parameters=(
            K,
            Parameter(
                "df",
                2.5,
                "Degrees of freedom; means need more than 1, variances more than 2.",
                minimum=1.1,
                maximum=1000.0,
            ),
            GAP,
        ),
        vary="hpobench_suites.bandits.student:describe",
        arguments={"k": k, "df": df, "gap": gap},
        targets=of_arms([-gap, 0.0]),
    )

"""Bernoulli arms: the reward of a pull is 1 with the probability that is the arm's mean, else 0; loss = 1 - reward.

``bandits/bernoulli`` has one arm of mean 0.5 + gap/2 among arms of mean 0.5 - gap/2: the variance is close to its
largest, and the gap alone makes it hard (about k / gap^2 pulls tell the arms apart). The published instances have fixed
means.
"""

from collections.abc import Sequence
from math import inf, log

from hpobench_suites.bandits.arms import Arms, K, Pull, largest, one_good_arm
from hpobench_suites.bandits.instances import BERNOULLI
from hpobench_suites.noise import uniform
from hpobench_tui.core import Configuration, Dimensions, Measure, Parameter, ProblemInfo, Reference
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.problem import Arm
from hpobench_tui.core.targets import of_arms


class Bernoulli(Arms):
    """Arms with these mean rewards.

    >>> problem = Bernoulli((0.2, 0.7))
    >>> pulls = [problem.start({"arm": "1"}, seed, "cpu").advance(1) for seed in range(1000)]
    >>> {pull.loss for pull in pulls} == {0.0, 1.0}, round(pulls[0].truth, 12)
    (True, 0.3)
    >>> abs(sum(pull.loss for pull in pulls) / 1000 - 0.3) < 0.05
    True
    """

    def __init__(self, means: Sequence[float]) -> None:
        super().__init__(len(means), largest(means))
        self._means = tuple(means)
        self._arms: dict[Value, tuple[int, float, Pull, Pull]] = {
            name: (k, mean, Pull(0.0, 1.0 - mean), Pull(1.0, 1.0 - mean))
            for k, (name, mean) in enumerate(zip(self._names, means, strict=True))
        }

    def start(self, configuration: Configuration, seed: int, device: str) -> Pull:
        """Pull the arm once."""
        k, mean, won, lost = self._arms[configuration["arm"]]
        return won if uniform(seed, k) < mean else lost

    def arms(self) -> list[Arm]:
        """The arms, with divergences of Bernoulli distributions."""
        best = max(self._means)
        return [
            Arm({"arm": name}, 1.0 - mean, divergence(mean, best))
            for name, mean in zip(self._names, self._means, strict=True)
        ]


def divergence(p: float, q: float) -> float:
    """Kullback-Leibler, of the Bernoulli distribution of mean p from that of mean q, in nats.

    >>> round(divergence(0.8, 0.9), 4)
    0.0444
    """
    parts = ((p, q), (1.0 - p, 1.0 - q))
    return sum(a * (log(a / b) if b > 0.0 else inf) for a, b in parts if a > 0.0)


def published(name: str) -> Bernoulli:
    """One of the instances in :data:`BERNOULLI`."""
    return Bernoulli(BERNOULLI[name])


def means(k: int, gap: float) -> tuple[float, ...]:
    """The mean rewards of ``bandits/bernoulli``."""
    return one_good_arm(k, 0.5 + gap / 2, 0.5 - gap / 2)


def family(k: int, gap: float) -> Bernoulli:
    """The problem ``bandits/bernoulli``."""
    return Bernoulli(means(k, gap))


def describe(k: int = 10, gap: float = 0.1) -> ProblemInfo:
    """``bandits/bernoulli``."""
    return bernoulli_info(
        "bernoulli",
        f"{k} Bernoulli arms, one better than the others by {gap:g}",
        Reference(1.0 - max(means(k, gap)), "1 - the best mean, 0.5 + gap/2"),
        "hpobench_suites.bandits.bernoulli:family",
        (K, Parameter("gap", 0.1, "Best mean less the others.", minimum=0.001, maximum=0.99)),
        "hpobench_suites.bandits.bernoulli:describe",
        {"k": k, "gap": gap},
        same_as="bandits/bernoulli-10-hard" if means(k, gap) == BERNOULLI["bernoulli-10-hard"] else None,
        targets=of_arms([-mean for mean in means(k, gap)]),
    )


def describe_published(name: str, source: str) -> ProblemInfo:
    """``bandits/NAME``, one of the instances in :data:`BERNOULLI`."""
    best = max(BERNOULLI[name])
    return bernoulli_info(
        name,
        f"{len(BERNOULLI[name])} Bernoulli arms, best mean {best} ({source})",
        Reference(1.0 - best, f"1 - the best mean; {source}"),
        "hpobench_suites.bandits.bernoulli:published",
        arguments={"name": name},
        targets=of_arms([-mean for mean in BERNOULLI[name]]),
    )


def bernoulli_info(
    name: str,
    summary: str,
    reference: Reference,
    load: str,
    parameters: tuple[Parameter, ...] = (),
    vary: str | None = None,
    arguments: dict[str, Value] | None = None,
    tags: tuple[str, ...] = ("bandit", "stochastic"),
    measure: Measure = Measure.PSEUDO,
    same_as: str | None = None,
    targets: tuple[float, ...] = (),
) -> ProblemInfo:
    """The description of a problem with Bernoulli arms."""
    return ProblemInfo(
        id=f"bandits/{name}",
        summary=summary,
        load=load,
        dimensions=Dimensions(categoricals=1),
        reference=reference,
        reward="loss = 1 - reward",
        noisy=True,
        seconds=1e-6,
        tags=tags,
        loss_range=(0.0, 1.0),
        costs=True,
        parameters=parameters,
        vary=vary,
        arguments=arguments or {},
        measure=measure,
        same_as=same_as,
        targets=targets,
    )

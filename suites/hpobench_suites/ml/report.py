"""``hpobench ml report``: the best configuration of each optimizer on the test set, which no evaluation has seen.

The best of all an optimizer's runs (the lowest loss among those that were trained furthest) is trained to full fidelity
on all the examples that were tuned on, with several seeds; the default configuration stands beside it. The score is
accuracy, or R². A twin's configurations are trained likewise, for real.
"""

import re
from collections.abc import Iterator, Sequence
from math import sqrt
from pkgutil import resolve_name
from statistics import fmean, stdev
from typing import NamedTuple

from hpobench_suites.ml.descriptions import DATA, TUNED
from hpobench_suites.ml.evaluation import Diverged, Tuning
from hpobench_tui.core import CommandContext, CommandResult, Configuration, HpobenchError, Incumbent, ProblemInfo, Table
from hpobench_tui.core.errors import unknown
from hpobench_tui.core.space import default

FIRST_SEED = 1_000
"""Of the final trainings; those of experiments are hashes."""
_MODELS, _DATA = ("|".join(map(re.escape, names)) for names in (TUNED, DATA))
PROBLEM = re.compile(
    rf"ml/(?P<model>{_MODELS})(\[data=(?P<data>{_DATA})\])?"
    rf"|tabular/(table\[(.*[=/])?)?ml-(?P<twin>{_MODELS})-(?P<of>{_DATA})(\.\w+)?([\[\],].*)?"
)


class Candidate(NamedTuple):
    """A configuration to be scored: whose, its loss in the experiment (None: not evaluated), and itself."""

    name: str
    loss: float | None
    configuration: Configuration


def report(context: CommandContext, seeds: int, problem: str = "") -> CommandResult:
    """A table a problem.

    Raises:
        HpobenchError: the experiment has no result on the suite or its twins, or the problem is none of these.
    """
    found = [best for best in context.incumbents if PROBLEM.fullmatch(best.problem)]
    if not found:
        raise HpobenchError(
            "ml report: the experiment has no result on a problem of the suite ml (ml/svm, ml/pipeline[data=wine], …)"
            " or on a twin of one (tabular/ml-…)."
        )
    names = list(dict.fromkeys(best.problem for best in found))
    if problem and problem not in names:
        raise unknown("problem of the experiment in the suite ml", problem, names)
    chosen = [problem] if problem else names
    work = [(name, candidate) for name in chosen for candidate in candidates(name, found)]
    rows: dict[str, list[tuple[str | float | None, ...]]] = {name: [] for name in chosen}
    notes = []
    for done, (name, candidate) in enumerate(work):
        context.report_progress(done / len(work), f"training {candidate.name}'s best on {name}")
        info, tuning = described(name)
        try:
            scores = list(scored(tuning, info, candidate.configuration, seeds))
        except Diverged as error:
            scores = []
            notes.append(f"{name}: {candidate.name}'s configuration fails in the final training: {error}")
        settings = ", ".join(f"{key}={short(value)}" for key, value in candidate.configuration.items())
        rows[name].append((candidate.name, candidate.loss, *summary(tuning, scores), settings))
    return CommandResult(tuple(table(name, rows[name]) for name in chosen), (*notes, *explained(chosen, seeds)))


def described(name: str) -> tuple[ProblemInfo, Tuning]:
    """The description and the code of the problem that a name (or its twin's) stands for."""
    match = PROBLEM.fullmatch(name)
    assert match
    info = TUNED[match["model"] or match["twin"]](match["data"] or match["of"] or "")
    tuning: Tuning = resolve_name(info.load)(**info.arguments)
    return info, tuning


def candidates(name: str, found: Sequence[Incumbent]) -> Iterator[Candidate]:
    """The best of each optimizer, the best first, and the default."""
    bests: dict[str, Incumbent] = {}
    for best in found:  # the best first
        if best.problem == name:
            bests.setdefault(best.optimizer, best)
    for best in bests.values():
        yield Candidate(best.optimizer, best.loss, best.configuration)
    yield Candidate("(default)", None, default(described(name)[1].space()))


def scored(tuning: Tuning, info: ProblemInfo, configuration: Configuration, seeds: int) -> Iterator[float]:
    """The test scores: one a seed, or one alone where the seed has no part in it."""
    full = info.fidelity.maximum if info.fidelity else 1
    for seed in range(FIRST_SEED, FIRST_SEED + (seeds if info.noisy else 1)):
        yield 1.0 - tuning.test_loss(configuration, seed, full)


def summary(tuning: Tuning, scores: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """Mean score, its standard error over the seeds, and that which so few test examples leave an accuracy.

    The latter with two successes and two failures more, which an accuracy of 1 needs (Agresti and Coull, 1998).
    """
    if not scores:
        return None, None, None
    mean = fmean(scores)
    over_seeds = stdev(scores) / sqrt(len(scores)) if len(scores) > 1 else None
    if tuning.data.regression:
        return mean, over_seeds, None
    examples = len(tuning.data.test) + 4
    share = (mean * len(tuning.data.test) + 2.0) / examples
    return mean, over_seeds, sqrt(share * (1.0 - share) / examples)


def table(name: str, rows: Sequence[tuple[str | float | None, ...]]) -> Table:
    """The rows under their headers."""
    _, tuning = described(name)
    score = "R²" if tuning.data.regression else "accuracy"
    headers = ("optimizer", "loss", f"test {score}", "± seeds", "± test set", "configuration")
    title = f"{name}: trained on {len(tuning.data.tuned):,} examples, {len(tuning.data.test):,} test examples"
    return Table(title, headers, rows)


def explained(names: Sequence[str], seeds: int) -> Iterator[str]:
    """What the numbers are."""
    yield (
        "loss: of the cross-validation (or what the twin says of it), by which the configuration was chosen."
        f" ± seeds: standard error of the mean of {seeds} trainings; –: the seed has no part in it."
    )
    if any(not described(name)[1].data.regression for name in names):
        yield (
            "± test set: standard error of an accuracy on so many test examples. Differences within it say nothing of"
            " other examples."
        )


def short(value: object) -> str:
    """A value with four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)

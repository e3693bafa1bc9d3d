"""What a problem's reports must keep: the judgements that the conformance suite and ``hpobench selfcheck`` share."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import fsum, isclose, isfinite
from typing import TypeAlias

from hpobench_tui.core.describe import describe
from hpobench_tui.core.errors import TrainingError
from hpobench_tui.core.problem import Fidelity, ProblemInfo, Report, Training, is_measured

Ending: TypeAlias = Report | str
"""A report, or why there is none."""

TOLERANCE = 1e-9
"""Round-off: how far below an exact reference a loss may lie."""
MINIMISER_TOLERANCE = 1e-6
"""Minimisers are often published to few digits; being stationary, they attain the reference far more closely."""
RUNGS = 5
"""At how many fidelities the costs of a configuration are compared."""


def advanced_in_steps(fidelity: Fidelity | None) -> bool:
    """Whether a training may be advanced more than once."""
    return fidelity is not None and (fidelity.resumable or fidelity.step is not None)


def noise_free(report: Report, info: ProblemInfo, fidelity: int) -> float | None:
    """The noise-free loss at full fidelity, if the report of a training that was taken to ``fidelity`` tells it."""
    if report.truth is not None:
        return report.truth
    full = info.fidelity is None or fidelity == info.fidelity.maximum
    return report.loss if full and not info.noisy else None


def attains(value: float, reference: float, tolerance: float) -> bool:
    """Whether a loss is the reference within the tolerance, which is relative where the reference exceeds 1."""
    return abs(value - reference) <= tolerance * max(1.0, abs(reference))


def ladder(lowest: int, highest: int) -> list[int]:
    """Up to :data:`RUNGS` fidelities from the lowest to the highest, in equal steps."""
    return sorted({lowest + (highest - lowest) * rung // (RUNGS - 1) for rung in range(RUNGS)})


def wrong_costs(
    rungs: Sequence[int], fresh: Sequence[float | None], steps: Sequence[float | None] | None
) -> str | None:
    """What is wrong with the costs of one configuration, or None.

    Args:
        rungs: Rising fidelities.
        fresh: The cost of a training from scratch to each of them.
        steps: The costs of one training that is paused at each of them; None if it cannot be.
    """
    costs = [cost for cost in (*fresh, *(steps or ())) if cost is not None]
    if len(costs) < len(fresh) + len(steps or ()):
        return "declared with costs, but a report states none"
    if not all(isfinite(cost) and cost > 0 for cost in costs):
        return f"costs must be positive and finite, not {costs}"
    whole = costs[: len(fresh)]
    for (low, cheaper), (high, dearer) in pairwise(zip(rungs, whole, strict=True)):
        if dearer < cheaper:
            return f"the cost falls with the fidelity: {cheaper} s to {low}, {dearer} s to {high}"
    if steps is not None and not isclose(fsum(costs[len(fresh) :]), whole[-1], rel_tol=TOLERANCE):
        return f"paused at {list(rungs)} it costs {steps}, in one step {whole[-1]} s"
    return None


def ending(start: Callable[[], Training], *fidelities: int) -> Ending:
    """The last report of a training that is taken to each of the fidelities in turn, or why it rightly failed."""
    try:
        training = start()
        return [training.advance(fidelity) for fidelity in fidelities][-1]
    except TrainingError as error:
        return describe(error)


def same(one: Ending, other: Ending, cost: bool = True) -> bool:
    """Equal bit for bit, NaN included, all but measured times; failed trainings are the same where the words are."""

    def fields(report: Report) -> tuple[str, str, str, str, str]:
        metrics = {name: value for name, value in sorted(report.metrics.items()) if not is_measured(name)}
        paid = repr(report.cost) if cost else ""
        return repr(report.loss), repr(metrics), repr(report.truth), paid, repr(report.reference)

    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return fields(one) == fields(other)

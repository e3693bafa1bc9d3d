"""What a Gaussian process believed when a question was asked (``core.optimizer.Look``).

Mean and standard deviation are the model's own, of losses that are scaled, bent and standardised (``warping``). That
transformation is increasing: undone, it makes the model's median, and the ends of its mean ± sd, those of the loss.
"""

import numpy as np

from hpobench_baselines.native.encoding import Floats
from hpobench_baselines.native.gp.criteria import Criterion
from hpobench_baselines.native.gp.posterior import Posterior
from hpobench_baselines.native.gp.surrogate import Surrogate
from hpobench_tui.core import Look

UNIT = "standardised loss"
INTERVAL = "mean ± sd"


def look_at(
    surrogate: Surrogate, posterior: Posterior, points: Floats, criterion: Criterion | None, words: str
) -> Look:
    """The belief at (m, M) points.

    Args:
        words: What the criterion is; without one, how the question was chosen.
    """
    mean, deviation = posterior.predict(points)
    scale, power = surrogate.transformation()
    with np.errstate(over="ignore"):  # a bound may lie beyond what floats reach
        middle, lower, upper = (scale.undo(power.undo(mean + sds * deviation)).tolist() for sds in (0.0, -1.0, 1.0))
    return Look(
        mean=mean.tolist(),
        deviation=deviation.tolist(),
        unit=UNIT,
        middle=middle,
        lower=lower,
        upper=upper,
        interval=INTERVAL,
        acquisition=None if criterion is None else criterion.score(points).tolist(),
        criterion="" if criterion is None else words,
        note=words if criterion is None else "",
    )

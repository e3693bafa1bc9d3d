"""Thompson sampling: the best candidate of one draw of the function from the posterior (Thompson, Biometrika 25, 1933).

The draw is exact, jointly over all candidates, by a Cholesky factor of their posterior covariance.
"""

import numpy as np
from scipy.linalg.lapack import dpotrf

from hpobench_baselines.native.encoding import Floats
from hpobench_baselines.native.gp.posterior import Posterior


def draw(posterior: Posterior, points: Floats, rng: np.random.Generator) -> Floats:
    """One function of the posterior at (m, M) points: (m,), with as much jitter as the factor needs."""
    covariance = posterior.covariance(points)
    jitter = 1e-9 * posterior.signal
    while True:
        covariance.flat[:: len(points) + 1] += jitter
        root, info = dpotrf(covariance, lower=1)
        if not info:
            break
        jitter *= 10.0
    values: Floats = posterior.predict(points).mean + root @ rng.standard_normal(len(points))
    return values

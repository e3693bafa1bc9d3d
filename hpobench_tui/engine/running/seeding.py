"""Global random generators, seeded for plug-ins that draw from them."""

import random
import sys

import numpy as np


class _Last:
    """What the generators were seeded with last."""

    seed = 0


def seed_globals(seed: int) -> None:
    """Seed the global generators of Python, NumPy and (if it is imported) torch.

    A run then does not depend on the runs that its worker served before.
    """
    _Last.seed = seed
    random.seed(seed)
    np.random.seed(seed % 2**32)
    if "torch" in sys.modules:
        seed_torch()


def seed_torch() -> None:
    """Seed torch with what the others were seeded with: for where it is imported only in mid-run."""
    sys.modules["torch"].manual_seed(_Last.seed)

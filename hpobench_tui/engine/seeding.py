"""Global random generators, seeded for plug-ins that draw from them."""

import random
import sys

import numpy as np


def seed_globals(seed: int) -> None:
    """Seed the global generators of Python, NumPy and (if it is imported) torch.

    A run then does not depend on the runs that its worker served before.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(seed)

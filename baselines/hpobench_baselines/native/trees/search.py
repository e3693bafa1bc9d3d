"""Local search over configurations for what is worth most (Hutter, Hoos & Leyton-Brown, LION 2011, section 4.3).

Neighbours differ in one hyperparameter: a number moves by a Gaussian step, a choice becomes another one.
"""

from collections.abc import Callable

import numpy as np

from hpobench_baselines.native.encoding import Encoding, Floats

MOVES = 10
STEPS = np.array([0.2, 0.05, 0.2, 0.05])
"""Standard deviations of the steps of a number's neighbours, in units of its range."""
MOST_CHOICES = 8
MOST_COLUMNS = 20


def neighbours(encoding: Encoding, x: Floats, rng: np.random.Generator) -> Floats:
    """Neighbours (m, k, D) of full vectors (m, D); of many columns or choices, some drawn at random."""
    columns = np.flatnonzero(encoding.searched)
    if len(columns) > MOST_COLUMNS:
        columns = rng.choice(columns, MOST_COLUMNS, replace=False)
    moved = []
    for j in columns.tolist():
        if encoding.categorical[j]:
            others = np.arange(1, encoding.levels[j])
            if len(others) > MOST_CHOICES:
                others = rng.choice(others, MOST_CHOICES, replace=False)
            values = (x[:, [j]] + others) % encoding.levels[j]
        else:
            values = np.clip(x[:, [j]] + STEPS * rng.standard_normal((len(x), len(STEPS))), 0.0, 1.0)
        copies = np.repeat(x[:, None], values.shape[1], axis=1)
        copies[:, :, j] = values
        moved.append(copies)
    together = np.concatenate(moved, axis=1)
    return encoding.snap(together.reshape(-1, x.shape[1])).reshape(together.shape)


def climb(
    encoding: Encoding, x: Floats, worth: Callable[[Floats], Floats], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Where local searches from permitted full vectors (m, D) end, and what that is worth, (m,).

    Args:
        worth: Of full vectors (n, D), (n,).
    """
    value = worth(x)
    each = np.arange(len(x))
    for _ in range(MOVES):
        around = neighbours(encoding, x, rng)
        flat = around.reshape(-1, x.shape[1])
        found = np.where(encoding.permitted(flat), worth(flat), -np.inf).reshape(len(x), -1)
        best = found.argmax(axis=1)
        better = found[each, best] > value
        if not better.any():
            break
        x = np.where(better[:, None], around[each, best], x)
        value = np.where(better, found[each, best], value)
    return x, value

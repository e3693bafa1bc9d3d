"""Intervals of importances against simulation."""

import numpy as np

from hpobench_tui.analysis.importance import Importance, importance


def of_a_sum(n: int, seed: int) -> Importance:
    rows = np.random.default_rng(seed).random((n, 3))
    return importance([dict(zip("abc", row, strict=True)) for row in rows.tolist()], rows @ [3.0, 2.0, 0.0])


def test_intervals_hold_what_many_trials_show() -> None:
    true = {share.name: share.importance for share in of_a_sum(20_000, 0).shares}
    held = dict.fromkeys(true, 0)
    for seed in range(1, 41):
        for share in of_a_sum(1000, seed).shares:
            held[share.name] += share.low <= true[share.name] + 0.01 and share.high >= true[share.name] - 0.01
    assert min(held.values()) >= 0.85 * 40

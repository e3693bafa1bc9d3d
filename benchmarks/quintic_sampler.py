"""Points per second of the quintic's sampler, against a Python loop of ``numpy.roots`` and batched companion matrices.

All three start from random lines and end with points in P⁴ whose largest coordinate is 1; one thread on one core, in
turn, in seconds of its own time. The loop is what one writes first; the companion matrices are what NumPy offers for
many polynomials at once.
"""

import argparse
import json
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable

import numpy as np

from hpobench_suites.quintic.geometry.hypersurface import Complex, Quintic, rescaled
from hpobench_suites.quintic.geometry.sampler import BINOMIALS, coefficients, companion_roots, lines, sample

OURS, LOOP, COMPANION = 500_000, 10_000, 100_000


def loop(quintic: Quintic, n: int, rng: np.random.Generator) -> Complex:
    """Line by line."""
    points = []
    binomials, degrees = np.array(BINOMIALS), np.arange(6)[:, None]
    for _ in range(n // 5):
        p, q = rng.standard_normal((2, 5)) + 1j * rng.standard_normal((2, 5))
        p, q = p / np.linalg.norm(p), q / np.linalg.norm(q)
        c = binomials * (p**degrees * q ** (5 - degrees)).sum(axis=1)
        if quintic.psi != 0.0:
            product = np.ones(1)
            for a, b in zip(p, q, strict=True):
                product = np.convolve(product, (b, a))
            c = c - 5.0 * quintic.psi * product
        for t in np.roots(c[::-1]):
            z = p * t + q
            points.append(z / z[np.abs(z).argmax()])
    return np.array(points)


def companion(quintic: Quintic, n: int, rng: np.random.Generator) -> Complex:
    """All lines at once by eigenvalues, without our last Newton step."""
    p, q = lines(n // 5, rng)
    t = companion_roots(coefficients(quintic, p, q))
    return rescaled((p[:, None] * t + q[:, None]).transpose(2, 1, 0))[0].reshape(n, 5)


def rate(draw: Callable[[Quintic, int, np.random.Generator], Complex], psi: float, n: int) -> tuple[float, float]:
    """Points per second, and the largest |Q|."""
    quintic, rng = Quintic(psi), np.random.default_rng(1)
    draw(quintic, n, rng)  # the first call is slower: the memory is not there yet
    started = time.process_time()
    z = draw(quintic, n, rng)
    return n / (time.process_time() - started), float(np.abs(quintic.value(z)).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    columns: dict[str, list[float]] = defaultdict(list)
    for _ in range(arguments.pairs):
        for psi in (0.0, 0.5):
            ours, residual = rate(sample, psi, OURS)
            looped, loop_residual = rate(loop, psi, LOOP)
            eigenvalues, _ = rate(companion, psi, COMPANION)
            figures = {
                "hpobench (points/s)": ours,
                "numpy.roots, loop (points/s)": looped,
                "companion, batched (points/s)": eigenvalues,
                "ratio to the loop": ours / looped,
                "ratio to companion": ours / eigenvalues,
                "largest |Q|, hpobench": residual,
                "largest |Q|, loop": loop_residual,
            }
            for name, value in figures.items():
                columns[f"psi {psi}: {name}"].append(value)
    if arguments.json:
        print(json.dumps(columns))
        return
    print(f"{'':40}{'median':>10}{'lowest':>10}{'highest':>10}")
    for name, column in columns.items():
        print(f"{name:40}{statistics.median(column):>10.4g}{min(column):>10.4g}{max(column):>10.4g}")


if __name__ == "__main__":
    main()

"""Randomness without state: numbers that are functions of (seed, index) alone.

They are outputs of splitmix64 (Steele, Lea & Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014),
because building a NumPy generator for each evaluation would cost far more than a cheap evaluation does.
"""

MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15


def splitmix64(seed: int, index: int) -> int:
    """Output number ``index`` (from 0) of the splitmix64 stream that starts at ``seed``: 64 bits."""
    z = (seed + (index + 1) * GOLDEN) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def open_unit(bits: int) -> float:
    """64 random bits as a number in the open interval (0, 1): the midpoint of one of 2^52 cells, so never 0 nor 1."""
    return ((bits >> 12) + 0.5) * 2.0**-52


def uniform(seed: int, index: int) -> float:
    """A uniform number in the open interval (0, 1), from output number ``index``.

    >>> round(uniform(1, 0), 3), round(uniform(1, 1), 3), round(uniform(1, 0), 3)
    (0.567, 0.746, 0.567)
    """
    return open_unit(splitmix64(seed, index))

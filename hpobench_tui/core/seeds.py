"""Seeds by hash, so that no run depends on which runs came before it or beside it."""

from hashlib import blake2b

_MASK = 2**64 - 1


def derive(*parts: str | int) -> int:
    """A 63-bit seed from an ordered list of parts (blake2b); equal parts give equal seeds on every machine."""
    digest = blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def problem_seed(experiment_seed: int, problem: str, repetition: int) -> int:
    """Noise and initialisation of repetition k: common to all optimizers (common random numbers)."""
    return derive(experiment_seed, "problem", problem, repetition)


def optimizer_seed(experiment_seed: int, problem: str, optimizer: str, repetition: int) -> int:
    """The optimizer's own randomness in one run."""
    return derive(experiment_seed, "optimizer", problem, optimizer, repetition)


def training_seed(seed: int, occurrence: int) -> int:
    """The seed of a training: the repetition's own for the first start of a configuration, another for each repeat.

    The n-th pull of an arm is therefore the same draw for every policy. Distinct occurrences give distinct 64-bit words
    before the last shift (Steele, Lea & Flood, OOPSLA 2014).
    """
    if occurrence == 0:
        return seed
    z = (seed + occurrence * 0xD1342543DE82EF95) & _MASK  # splitmix64's finaliser: a pull must not pay for a hash
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return (z ^ (z >> 31)) >> 1

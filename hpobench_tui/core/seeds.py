"""Seeds by hash, so that no run depends on which runs came before it or beside it."""

from hashlib import blake2b


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

    The n-th pull of an arm is therefore the same draw for every policy.
    """
    return seed if occurrence == 0 else derive(seed, "repeat", occurrence)

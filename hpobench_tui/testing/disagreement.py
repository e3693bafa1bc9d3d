"""Where ConfigSpace has another opinion of a space than we have: for the author of a problem to know, no fault of his.

Other tools that read the same space follow ConfigSpace. Ours is ``hpobench_tui.core.conditions``; ``docs/spaces.md``
says where ConfigSpace goes wrong.
"""

from itertools import islice

import numpy as np
from ConfigSpace import Configuration as LibraryConfiguration
from ConfigSpace import ConfigurationSpace

from hpobench_tui.core.configuration import Configuration
from hpobench_tui.core.space import is_flat, samples, validator
from hpobench_tui.core.values import plain_value

DRAWS = 256
ERRORS = (KeyError, TypeError, ValueError)
"""ConfigSpace's errors all derive from these."""
WHERE = "; see docs/spaces.md"


def disagreements(space: ConfigurationSpace, seed: int) -> tuple[str, ...]:
    """Sentences on what ConfigSpace does otherwise, each with an example; none where it agrees on all draws.

    Seeds the space.
    """
    if is_flat(space):
        return ()
    found = []
    draws = islice(samples(space, np.random.default_rng(seed)), DRAWS)
    refusals = [(c, reason) for c in draws if (reason := _refusal(space, c)) is not None]
    if refusals:
        configuration, reason = refusals[0]
        found.append(
            f"ConfigSpace refuses {len(refusals)} of {DRAWS} valid configurations: {configuration}: {reason}{WHERE}"
        )
    invalid = validator(space)
    try:
        space.seed(seed % 2**31)
        drawn = [_values(space, c) for c in space.sample_configuration(DRAWS)]
    except ERRORS as error:
        return (*found, f"ConfigSpace cannot draw from this space: {type(error).__name__}: {error}{WHERE}")
    wrong = [(c, complaint) for c in drawn if (complaint := invalid(c)) is not None]
    if wrong:
        drawn_wrongly, complaint = wrong[0]
        found.append(
            f"ConfigSpace draws {len(wrong)} of {DRAWS} configurations that are not valid: {drawn_wrongly}:"
            f" {complaint}{WHERE}"
        )
    return tuple(found)


def _refusal(space: ConfigurationSpace, configuration: Configuration) -> str | None:
    try:
        LibraryConfiguration(space, values=dict(configuration)).check_valid_configuration()
    except ERRORS as error:
        return " ".join(f"{type(error).__name__}: {error}".split())
    return None


def _values(space: ConfigurationSpace, configuration: LibraryConfiguration) -> Configuration:
    """Plain values; of choices those of the space, since ConfigSpace's come out of a NumPy array."""
    values = {}
    for name, value in dict(configuration).items():
        choices = getattr(space[name], "choices", None) or getattr(space[name], "sequence", None) or (value,)
        values[name] = plain_value(next((choice for choice in choices if choice == value), value))
    return values

"""What the descriptions of closed forms have in common: parameters, cost and where their code is."""

from hpobench_tui.core import Dimensions, Parameter, ProblemInfo, Reference

NOISE = Parameter("noise", 0.0, "Standard deviation of Gaussian noise on the loss.", minimum=0.0, maximum=1e6)
LARGEST_DIMENSION = 1000
TOLERANCE = 1e-8
"""Search comes as near to an optimum as one likes, and never hits it: this near counts as there, as in ``bbob``."""


def dimension(minimum: int = 1) -> Parameter:
    """The parameter of a function that is defined for any number of floats."""
    return Parameter("d", 2, "Number of dimensions.", minimum=minimum, maximum=LARGEST_DIMENSION)


def closed_form(
    name: str,
    summary: str,
    floats: int,
    minimum: Reference,
    noise: float,
    seconds: float,
    tags: tuple[str, ...],
    d: Parameter | None = None,
) -> ProblemInfo:
    """The description of ``synthetic/NAME``; its module, named alike, has ``info`` and ``problem``.

    ``d`` is the parameter that sets ``floats``, where they can be set.
    """
    module = f"hpobench_suites.synthetic.{name.replace('-', '_')}"
    return ProblemInfo(
        id=f"synthetic/{name}",
        summary=summary,
        load=f"{module}:problem",
        dimensions=Dimensions(floats=floats),
        reference=minimum,
        noisy=noise > 0.0,
        seconds=seconds + (2e-6 + 5e-8 * floats if noise else 0.0),
        tags=("closed-form", *tags),
        tolerance=TOLERANCE,
        costs=True,
        parameters=(d, NOISE) if d else (NOISE,),
        vary=f"{module}:info",
        arguments={"d": floats, "noise": noise} if d else {"noise": noise},
    )

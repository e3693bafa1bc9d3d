"""Designs: points spread evenly over the whole space, chosen before any loss is known."""

from hpobench_tui.core import Capabilities, OptimizerInfo, Parameter

_AHEAD = Capabilities(ahead=True)

LATIN_HYPERCUBE = OptimizerInfo(
    name="latin-hypercube",
    summary="Latin hypercubes: each hyperparameter takes n evenly spread values in n configurations.",
    load="hpobench_baselines.native.designs.latin_hypercube:LatinHypercube",
    capabilities=_AHEAD,
    parameters=(
        Parameter(
            "points",
            0,
            "Configurations of one hypercube; 0: as many as the budget pays for (64 where it is in seconds).",
            minimum=0,
            maximum=65_536,
        ),
    ),
    source="McKay, Beckman and Conover, Technometrics 21(2), 1979",
    horizon="points",
)

SOBOL = OptimizerInfo(
    name="sobol",
    summary="A scrambled Sobol sequence: random search without clusters and gaps.",
    load="hpobench_baselines.native.designs.sequences:Sobol",
    capabilities=_AHEAD,
    source="Joe and Kuo, SIAM Journal on Scientific Computing 30, 2008; scrambling: Matoušek, J. Complexity 14, 1998",
)

HALTON = OptimizerInfo(
    name="halton",
    summary="A scrambled Halton sequence: random search without clusters and gaps; best below ten dimensions.",
    load="hpobench_baselines.native.designs.sequences:Halton",
    capabilities=_AHEAD,
    source="Halton, Numerische Mathematik 2, 1960; scrambling: Owen, arXiv 1706.02808",
)

DESIGNS: tuple[OptimizerInfo, ...] = (LATIN_HYPERCUBE, SOBOL, HALTON)

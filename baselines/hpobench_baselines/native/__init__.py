"""Optimizers written for this project. Two stand on a library: the forest on scikit-learn, CMA-ES on ``cmaes``."""

from hpobench_baselines.measured import with_costs
from hpobench_baselines.native.bandits import POLICIES
from hpobench_baselines.native.density import DENSITY
from hpobench_baselines.native.designs import DESIGNS
from hpobench_baselines.native.evolution import EVOLUTION
from hpobench_baselines.native.gp import GAUSSIAN_PROCESSES
from hpobench_baselines.native.multifidelity import MULTIFIDELITY
from hpobench_baselines.native.trees import TREES
from hpobench_tui.core import Capabilities, OptimizerInfo, Parameter

_AHEAD = Capabilities(ahead=True)
_HALVING = Capabilities(multi_fidelity=True, needs_fidelity=True, ahead=True)
_HYPERBAND_PAPER = "Li et al., Hyperband, JMLR 18(185), 2018, arXiv 1603.06560"

GRID = OptimizerInfo(
    name="grid",
    summary="Full factorial grid that fits the budget, visited in a low-discrepancy order.",
    load="hpobench_baselines.native.grid:GridSearch",
    capabilities=_AHEAD,
    parameters=(
        Parameter("resolution", 0, "Levels a numeric hyperparameter; 0: as many as fit the budget.", minimum=0),
    ),
    horizon="resolution",
)

RANDOM = OptimizerInfo(
    name="random",
    summary="Independent draws from the space's own distribution.",
    load="hpobench_baselines.native.random_search:RandomSearch",
    capabilities=_AHEAD,
    source="Bergstra and Bengio, Random Search for Hyper-Parameter Optimization, JMLR 13, 2012",
)

SUCCESSIVE_HALVING = OptimizerInfo(
    name="successive-halving",
    summary="Random configurations; the best 1/eta of a rung are trained eta times as far; then again from the start.",
    load="hpobench_baselines.native.successive_halving:SuccessiveHalving",
    capabilities=_HALVING,
    parameters=(
        Parameter("eta", 2, "One in eta configurations is promoted.", minimum=2),
        Parameter("n", 0, "Configurations in the first rung; 0: eta^s, s the number of halvings that fit.", minimum=0),
    ),
    source="Jamieson and Talwalkar, AISTATS 2016, arXiv 1502.07943",
)

HYPERBAND = OptimizerInfo(
    name="hyperband",
    summary="Successive halving with every trade-off of many short against few long trainings in turn.",
    load="hpobench_baselines.native.hyperband:Hyperband",
    capabilities=_HALVING,
    parameters=(
        Parameter("eta", 3, "One in eta configurations is promoted.", minimum=2),
        Parameter(
            "variant",
            "floor",
            "Rounding of the first rung: floor (the lecture, HpBandSter), ceil (the paper) or syne-tune.",
            choices=("floor", "ceil", "syne-tune"),
        ),
    ),
    source=_HYPERBAND_PAPER,
)

OPTIMIZERS: tuple[OptimizerInfo, ...] = with_costs(
    (
        GRID,
        RANDOM,
        *DESIGNS,
        *GAUSSIAN_PROCESSES,
        *DENSITY,
        *TREES,
        SUCCESSIVE_HALVING,
        HYPERBAND,
        *MULTIFIDELITY,
        *EVOLUTION,
        *POLICIES,
    )
)

"""Optimizers that compare the density of good configurations with that of bad ones."""

from hpobench_tui.core import OptimizerInfo, Parameter

TPE = OptimizerInfo(
    name="tpe",
    summary="Tree-structured Parzen estimators: tries what is likely among the good and unlikely among the bad.",
    load="hpobench_baselines.native.density.tpe:TPE",
    parameters=(
        Parameter("multivariate", True, "Model the hyperparameters together; else each by itself."),
        Parameter("startup", 10, "Losses before the first model, of a Latin hypercube.", minimum=1, maximum=10_000),
        Parameter("candidates", 24, "Draws from the good ones, of which the best is asked.", minimum=1, maximum=10_000),
        Parameter(
            "gamma",
            "linear",
            "How many of n count as good: 15 in a hundred, or sqrt(n); at most 25 either way.",
            choices=("linear", "sqrt"),
        ),
        Parameter(
            "bandwidth",
            "scott",
            "Width of a kernel: scott (from the spread of all) or neighbours (from the distance to the next).",
            choices=("scott", "neighbours"),
        ),
        Parameter("weights", "rank", "Weights of the good: by rank, or equal.", choices=("rank", "equal")),
    ),
    source="Bergstra et al., NeurIPS 2011; Watanabe, arXiv 2304.11127",
)

DENSITY: tuple[OptimizerInfo, ...] = (TPE,)

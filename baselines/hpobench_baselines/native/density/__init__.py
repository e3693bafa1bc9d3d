"""Optimizers that compare the density of good configurations with that of bad ones."""

from hpobench_tui.core import Capabilities, OptimizerInfo, Parameter

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

BOHB = OptimizerInfo(
    name="bohb",
    summary="Hyperband whose configurations are drawn from what was good at the largest fidelity known so far.",
    load="hpobench_baselines.native.density.bohb:BOHB",
    capabilities=Capabilities(multi_fidelity=True, needs_fidelity=True),
    parameters=(
        Parameter("eta", 3, "One in eta configurations is promoted.", minimum=2),
        Parameter(
            "variant",
            "floor",
            "Rounding of the first rung: floor (the lecture, HpBandSter), ceil (Hyperband's paper) or syne-tune.",
            choices=("floor", "ceil", "syne-tune"),
        ),
        Parameter("random_fraction", 1 / 3, "Share of configurations drawn without the model.", minimum=0, maximum=1),
        Parameter("top_n_percent", 15.0, "Percentage that counts as good.", minimum=0, maximum=100),
        Parameter("num_samples", 64, "Draws of the model, of which the best is asked.", minimum=1, maximum=10_000),
        Parameter("bandwidth_factor", 3.0, "How much wider than the model its draws are.", minimum=0.01, maximum=100),
        Parameter(
            "min_bandwidth", 0.02, "The least width of a kernel, as a share of the range.", minimum=1e-6, maximum=1
        ),
        Parameter("min_points", 0, "The least number of good ones; 0: one more than hyperparameters.", minimum=0),
    ),
    source="Falkner, Klein and Hutter, BOHB, ICML 2018, arXiv 1807.01774",
)

DENSITY: tuple[OptimizerInfo, ...] = (TPE, BOHB)

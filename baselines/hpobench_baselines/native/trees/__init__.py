"""Optimizers on regression trees: descriptions only; nothing heavy is imported here."""

from hpobench_tui.core import OptimizerInfo, Parameter

FOREST = OptimizerInfo(
    name="forest",
    summary="Bayesian optimisation with a random forest: mixed and conditional spaces as they are.",
    load="hpobench_baselines.native.trees.forest:Forest",
    parameters=(
        Parameter("startup", 10, "Losses before the first forest, of a Latin hypercube.", minimum=2, maximum=10_000),
        Parameter("trees", 10, "Trees in the forest.", minimum=2, maximum=1000),
        Parameter("random_fraction", 0.1, "Share of configurations drawn without the model.", minimum=0, maximum=1),
    ),
    requires={"sklearn": "forest"},
    source="Hutter, Hoos and Leyton-Brown, SMAC, LION 2011; Lindauer et al., SMAC3, JMLR 23(54), 2022",
)

TREES: tuple[OptimizerInfo, ...] = (FOREST,)

"""Optimizers that choose how far a training is taken, or stop it on its way."""

from hpobench_tui.core import Capabilities, OptimizerInfo, Parameter

_RUNGS = Capabilities(multi_fidelity=True, needs_fidelity=True)

ASHA = OptimizerInfo(
    name="asha",
    summary="Successive halving without waiting: a configuration is promoted as soon as it is in its rung's best.",
    load="hpobench_baselines.native.multifidelity.asha:asha",
    capabilities=_RUNGS,
    parameters=(
        Parameter("eta", 3, "One in eta configurations is promoted.", minimum=2),
        Parameter(
            "type",
            "promotion",
            "Pause every training at a rung and promote the best, or train on and stop the others.",
            choices=("promotion", "stopping"),
        ),
        Parameter("brackets", 1, "Hyperband's brackets side by side, the most halving first.", minimum=1),
    ),
    source="Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020, arXiv 1810.05934",
)

DEHB = OptimizerInfo(
    name="dehb",
    summary="Differential evolution over Hyperband's brackets: parents come from the best of the fidelity below.",
    load="hpobench_baselines.native.multifidelity.dehb:Dehb",
    capabilities=_RUNGS,
    parameters=(
        Parameter("eta", 3, "One in eta configurations would be promoted.", minimum=2),
        Parameter("factor", 0.5, "Factor F of the difference in a mutation.", minimum=0, maximum=2),
        Parameter("crossover", 0.5, "Probability CR of taking a value from the mutant.", minimum=0, maximum=1),
    ),
    source="Awad, Mallik and Hutter, DEHB, IJCAI 2021, arXiv 2105.09821",
)

MEDIAN_STOPPING = OptimizerInfo(
    name="median-stopping",
    summary="Random or Sobol search; a training that is worse than the median of the others is stopped on its way.",
    load="hpobench_baselines.native.multifidelity.median_stopping:MedianStopping",
    capabilities=Capabilities(needs_fidelity=True, needs_reports=True),
    parameters=(
        Parameter("sampler", "random", "Where configurations come from.", choices=("random", "sobol")),
        Parameter("grace", 0, "Fidelity before which nothing is stopped; 0: a tenth of the maximum.", minimum=0),
        Parameter("others", 5, "How many others must have reported at a fidelity to stop there.", minimum=1),
    ),
    source="Golovin et al., Google Vizier: A Service for Black-Box Optimization, KDD 2017",
)

FREEZE_THAW = OptimizerInfo(
    name="freeze-thaw",
    summary="A Gaussian process over learning curves says which paused training to take a step further, or to start.",
    load="hpobench_baselines.native.multifidelity.freeze_thaw:FreezeThaw",
    capabilities=Capabilities(multi_fidelity=True, needs_fidelity=True, needs_resumable=True),
    parameters=(
        Parameter("steps", 10, "Steps in a full training.", minimum=1, maximum=100),
        Parameter("initial", 0, "Random trainings to begin with; 0: by dimension.", minimum=0),
    ),
    source="Swersky, Snoek and Adams, Freeze-Thaw Bayesian Optimization, 2014, arXiv 1406.3896",
)

MULTIFIDELITY: tuple[OptimizerInfo, ...] = (ASHA, DEHB, MEDIAN_STOPPING, FREEZE_THAW)

"""Adapters of other people's optimizers, one module a library. Listing them imports none of the libraries."""

from hpobench_baselines.measured import with_costs
from hpobench_tui.core import Capabilities, OptimizerInfo, Parameter

OPTUNA_TPE = OptimizerInfo(
    name="optuna-tpe",
    summary="Optuna's tree-structured Parzen estimator.",
    load="hpobench_baselines.third_party.optuna_tpe:OptunaTPE",
    capabilities=Capabilities(forbiddens=False),
    parameters=(
        Parameter("n_startup_trials", 10, "Random trials before the first model.", minimum=0),
        Parameter("multivariate", True, "Model them jointly (grouped by condition), as Optuna does since version 5."),
    ),
    requires={"optuna": "optuna"},
    source="Akiba et al., Optuna, KDD 2019; Watanabe, arXiv 2304.11127",
)

SKOPT_GP = OptimizerInfo(
    name="skopt-gp",
    summary="scikit-optimize's Bayesian optimization with a Gaussian process.",
    load="hpobench_baselines.third_party.skopt_gp:SkoptGP",
    capabilities=Capabilities(conditions=False, forbiddens=False, pending=False, noise=True),
    parameters=(
        Parameter("n_initial_points", 10, "Random points before the first model.", minimum=1),
        Parameter("acq_func", "gp_hedge", "The acquisition function.", choices=("gp_hedge", "EI", "PI", "LCB")),
    ),
    requires={"skopt": "scikit-optimize"},
    source="scikit-optimize",
)

BAYESIAN_OPTIMIZATION = OptimizerInfo(
    name="bayesian-optimization",
    summary="The library bayesian-optimization: a Gaussian process with an upper confidence bound, or EI, or PI.",
    load="hpobench_baselines.third_party.bayesian_optimization:BayesOpt",
    capabilities=Capabilities(conditions=False, forbiddens=False, pending=False),
    parameters=(
        Parameter("init_points", 5, "Random points before the first model.", minimum=1),
        Parameter("acquisition", "UCB", "The acquisition function.", choices=("UCB", "EI", "PI")),
        Parameter("kappa", 2.576, "Standard deviations above the mean in UCB.", minimum=0),
        Parameter("xi", 0.01, "What EI and PI want beyond the best, in units of the loss.", minimum=0),
        Parameter("alpha", 1e-6, "Variance of the noise, as a share of that of the losses.", minimum=1e-12),
    ),
    requires={"bayes_opt": "bayesian-optimization"},
    source="Nogueira, bayesian-optimization; typed parameters: Garrido-Merchán and Hernández-Lobato, arXiv 1805.03463",
)

_HPBANDSTER = Capabilities(forbiddens=False, multi_fidelity=True, needs_fidelity=True, pending=False)

HPBANDSTER_BOHB = OptimizerInfo(
    name="hpbandster-bohb",
    summary="HpBandSter's BOHB: Hyperband's brackets with configurations from kernel density estimators.",
    load="hpobench_baselines.third_party.hpbandster_bohb:HpBandSterBOHB",
    capabilities=_HPBANDSTER,
    parameters=(
        Parameter("eta", 3, "One in eta configurations is promoted.", minimum=2),
        Parameter("random_fraction", 1 / 3, "Share of configurations drawn without the model.", minimum=0),
        Parameter("top_n_percent", 15, "Percentage of configurations that count as good.", minimum=1),
        Parameter("num_samples", 64, "Candidates the model is asked about for one configuration.", minimum=1),
    ),
    requires={"hpbandster": "hpbandster"},
    source="Falkner et al., BOHB, ICML 2018, arXiv 1807.01774",
)

HPBANDSTER_HYPERBAND = OptimizerInfo(
    name="hpbandster-hyperband",
    summary="HpBandSter's Hyperband: the same brackets with random configurations.",
    load="hpobench_baselines.third_party.hpbandster_bohb:HpBandSterHyperband",
    capabilities=_HPBANDSTER,
    parameters=(Parameter("eta", 3, "One in eta configurations is promoted.", minimum=2),),
    requires={"hpbandster": "hpbandster"},
    source="HpBandSter; Li et al., arXiv 1603.06560",
)

OPTIMIZERS: tuple[OptimizerInfo, ...] = with_costs(
    (OPTUNA_TPE, SKOPT_GP, BAYESIAN_OPTIMIZATION, HPBANDSTER_BOHB, HPBANDSTER_HYPERBAND)
)

"""Bayesian optimisation with Gaussian processes: descriptions only; nothing heavy is imported here."""

from hpobench_tui.core import Capabilities, OptimizerInfo, Parameter

_KERNEL = Parameter(
    "kernel", "matern52", "Covariance of the Gaussian process.", choices=("matern52", "matern32", "rbf")
)
_INITIAL = Parameter("initial", 0, "Points of a scrambled Sobol sequence to begin with; 0: by dimension.", minimum=0)

GP = OptimizerInfo(
    name="gp",
    summary="Bayesian optimisation: a Gaussian process and the point of greatest expected improvement.",
    load="hpobench_baselines.native.gp.optimizer:BayesianOptimization",
    capabilities=Capabilities(noise=True),
    parameters=(
        _KERNEL,
        Parameter(
            "acquisition",
            "log-ei",
            "What a point promises: (log) expected improvement, probability of improvement, confidence bound, a draw "
            "from the posterior, a portfolio of ei, pi and ucb, or expected improvement under noise.",
            choices=("log-ei", "ei", "pi", "ucb", "thompson", "hedge", "noisy-ei"),
        ),
        Parameter(
            "xi",
            0.0,
            "Least improvement that counts, in standard deviations of the losses.",
            minimum=0.0,
            maximum=1000.0,
        ),
        Parameter("kappa", 2.0, "Standard deviations below the mean, for ucb.", minimum=0.0, maximum=1000.0),
        _INITIAL,
        Parameter("warp", "power", "How losses are transformed beside being standardised.", choices=("power", "none")),
        Parameter(
            "pending",
            "kriging-believer",
            "The loss assumed for a trial that runs: the model's mean there, or the best loss so far.",
            choices=("kriging-believer", "constant-liar"),
        ),
    ),
    source="Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006; Ament et al., arXiv 2310.20708; "
    "Hvarfner et al., arXiv 2402.02229",
)

TURBO = OptimizerInfo(
    name="turbo",
    summary="A Gaussian process in a trust region that moves and shrinks, for many dimensions.",
    load="hpobench_baselines.native.gp.turbo:Turbo",
    capabilities=Capabilities(noise=True),
    parameters=(_KERNEL, _INITIAL),
    source="Eriksson et al., Scalable Global Optimization via Local Bayesian Optimization, arXiv 1910.01739",
)

GAUSSIAN_PROCESSES: tuple[OptimizerInfo, ...] = (GP, TURBO)

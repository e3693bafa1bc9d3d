"""Bayesian optimisation with Gaussian processes. This page is the map; below it are descriptions, nothing heavy.

An optimizer is put together from four parts, each of which can be replaced:

    space       ``encoding.Encoding``, ``features.Features``    x -> z: configurations as points of a Euclidean space
    surrogate   ``surrogate.Surrogate``                         (z, y) -> mu, sigma: what is believed of the loss
    criterion   ``criteria.Criterion``                          z -> value: what evaluating a point promises
    maximiser   ``maximise.Maximiser``                          criterion -> x: where it promises most

*Surrogate.* Losses are scaled and bent (``warping``), theta is fitted to them now and then (``likelihood``), a
correlation (``kernels``) and theta make a ``posterior.Posterior``, to which trials can be appended.
*Criterion.* Has ``score`` (values) and ``climb`` (values and gradients). ``Analytic`` makes one of a posterior and an
acquisition function of mu and sigma (``acquisition``), ``NoisyImprovement`` one of draws at the trials. Thompson
sampling needs no criterion: ``thompson.draw`` is one function of the posterior, whose least candidate is asked.
*Maximiser.* Candidates, then gradients for numbers and moves for choices; it calls the criterion alone, no posterior.

``optimizer.BayesianOptimization`` (``gp``) asks for the best new configuration by a criterion, by one of three that
``hedge`` chooses, or by a draw. ``turbo.Turbo`` draws among candidates in a region around its best trial. ``slice``
shows what a surrogate believes. Two optimizers elsewhere take parts: ``multifidelity.freeze_thaw`` coordinates,
candidates and log expected improvement, ``trees.forest`` the latter. By hand, one step of ``gp`` after three trials:

>>> import numpy as np
>>> from functools import partial
>>> from ConfigSpace import ConfigurationSpace
>>> from hpobench_baselines.native.encoding import Encoding
>>> from hpobench_baselines.native.gp.acquisition import expected_improvement
>>> from hpobench_baselines.native.gp.criteria import Analytic
>>> from hpobench_baselines.native.gp.features import Features
>>> from hpobench_baselines.native.gp.maximise import Maximiser
>>> from hpobench_baselines.native.gp.surrogate import Surrogate
>>> rng, encoding = np.random.default_rng(0), Encoding(ConfigurationSpace({"x": (0.0, 2.0)}))
>>> features = Features(encoding)
>>> maximiser = Maximiser(encoding, features)
>>> x = np.array([[0.0], [0.5], [1.0]])
>>> y = (x[:, 0] - 0.3) ** 2
>>> surrogate = Surrogate(features, "matern52", warp=False, believe=True)
>>> posterior = surrogate.update(maximiser.embed(x), y, rng)
>>> criterion = Analytic(posterior, partial(expected_improvement, best=surrogate.best()))
>>> best, *_ = maximiser.ranked(x[:1], criterion, rng)
>>> round(encoding.decode(best)["x"], 1)
0.6

Symbols, as the modules and the literature (Rasmussen and Williams, 2006) have them:

    symbol      in the code           shape       what it is
    x           ``x``                 (n, D)      full vectors of the D hyperparameters; NaN where inactive: masked
    z           ``z``, ``points``     (n, M)      their coordinates, in G groups with a length-scale each (``group``)
    y           ``losses``            (n,)        of trials; NaN while pending, infinite where failed
                ``scaled``            (n,)        the best is 0, the median 1, what is far above is flattened
    t           ``targets``           (n,)        bent by the power p and standardised: the unit of mu and sigma
    theta       ``theta``             (G + 3,)    log lengths, log signal, log noise, p: ``Hyperparameters.vector``
    l           ``lengths``           (G,)        length-scales
    sigma_f^2   ``signal``                        variance of the function
    sigma_n^2   ``noise``                         variance of the noise
    p           ``power``                         of the output transformation; 1 is none, 0 the logarithm
    r^2         ``squared``           (m, n)      squared distances of points whose coordinates are divided by l
    k           ``Kernel``            (m, n)      correlation as a function of r^2; sigma_f^2 k is the covariance
    L           ``factor``            (n, n)      Cholesky factor of sigma_f^2 k + sigma_n^2 1 at the trials
    c           ``Posterior.mean``                constant mean of the process, estimated
    alpha       ``alpha``             (n,)        (L L')^-1 (t - c): weights of the trials, no acquisition function
    mu, sigma   ``Prediction``        (m,) each   posterior mean and standard deviation of the noise-free function
    f_best      ``best``                          least mu at a trial
    xi, kappa   ``xi``, ``kappa``                 least improvement that counts; sigmas below mu of the bound
"""

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

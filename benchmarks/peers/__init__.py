"""Other people's optimizers that ours are measured against, one module a library, beside those that the product itself
adapts. They are no part of the product: ``pip install 'hpobench-tui[peers]'`` brings the libraries.

All run at their libraries' defaults; a module says where they do not. Listing them imports none of the libraries.
"""

from hpobench_tui import plugins
from hpobench_tui.core import Capabilities, HpobenchError, OptimizerInfo
from hpobench_tui.core.errors import unknown

PEERS: tuple[OptimizerInfo, ...] = (
    OptimizerInfo(
        name="optuna-gp",
        summary="Optuna's Gaussian process sampler.",
        load="benchmarks.peers.optuna_samplers:OptunaGP",
        capabilities=Capabilities(forbiddens=False),
        requires={"optuna": "peers", "torch": "peers"},
        source="Optuna",
    ),
    OptimizerInfo(
        name="optuna-tpe-univariate",
        summary="Optuna's TPE sampler, univariate as it was before Optuna 5.",
        load="benchmarks.peers.optuna_samplers:OptunaTPEUnivariate",
        capabilities=Capabilities(forbiddens=False),
        requires={"optuna": "peers"},
        source="Optuna",
    ),
    OptimizerInfo(
        name="optuna-tpe-defaults",
        summary="Optuna's TPE sampler exactly as it comes, which is multivariate since Optuna 5.",
        load="benchmarks.peers.optuna_samplers:OptunaTPEDefaults",
        capabilities=Capabilities(forbiddens=False),
        requires={"optuna": "peers"},
        source="Optuna; Watanabe, arXiv 2304.11127",
    ),
    OptimizerInfo(
        name="optuna-nsga2",
        summary="Optuna's NSGA-II sampler, on one objective: a genetic algorithm.",
        load="benchmarks.peers.optuna_samplers:OptunaNSGA2",
        capabilities=Capabilities(forbiddens=False),
        requires={"optuna": "peers"},
        source="Optuna; Deb et al., IEEE TEVC 6(2), 2002",
    ),
    OptimizerInfo(
        name="optuna-cma-es",
        summary="Optuna's CMA-ES sampler.",
        load="benchmarks.peers.optuna_samplers:OptunaCmaEs",
        capabilities=Capabilities(categoricals=False, conditions=False, forbiddens=False),
        requires={"optuna": "peers", "cmaes": "peers"},
        source="Optuna; cmaes",
    ),
    OptimizerInfo(
        name="hyperopt-tpe",
        summary="Hyperopt's tree of Parzen estimators.",
        load="benchmarks.peers.hyperopt_tpe:HyperoptTPE",
        capabilities=Capabilities(forbiddens=False),
        requires={"hyperopt": "peers"},
        source="Bergstra, Yamins & Cox, ICML 2013",
    ),
    OptimizerInfo(
        name="smac-forest",
        summary="SMAC's random forest with log expected improvement (its facade for hyperparameters).",
        load="benchmarks.peers.smac_forest:SmacForest",
        capabilities=Capabilities(),
        requires={"smac": "peers"},
        source="Lindauer et al., SMAC3, JMLR 23(54), 2022",
    ),
    OptimizerInfo(
        name="hpbandster-model",
        summary="HpBandSter's BOHB model without its remote procedure calls; for timing.",
        load="benchmarks.peers.hpbandster_model:HpBandSterModel",
        capabilities=Capabilities(forbiddens=False, multi_fidelity=True, needs_fidelity=True, pending=False),
        requires={"hpbandster": "hpbandster"},
        source="Falkner et al., BOHB, ICML 2018, arXiv 1807.01774",
    ),
    OptimizerInfo(
        name="dehb-library",
        summary="The library dehb: differential evolution over Hyperband's brackets.",
        load="benchmarks.peers.dehb_library:DehbLibrary",
        capabilities=Capabilities(forbiddens=False, multi_fidelity=True, needs_fidelity=True, pending=False),
        requires={"dehb": "peers"},
        source="Awad, Mallik & Hutter, DEHB, IJCAI 2021, arXiv 2105.09821",
    ),
    OptimizerInfo(
        name="cma",
        summary="The library cma: CMA-ES, restarted with twice the population when it stops.",
        load="benchmarks.peers.cma_library:CmaLibrary",
        capabilities=Capabilities(categoricals=False, conditions=False, forbiddens=False, pending=False),
        requires={"cma": "peers"},
        source="Hansen, pycma; Auger & Hansen, IPOP-CMA-ES, CEC 2005",
    ),
)


def find(name: str) -> OptimizerInfo:
    """A registered optimizer, or one of the peers.

    Raises:
        HpobenchError: there is none of that name.
    """
    peers = {info.name: info for info in PEERS}
    if name in peers:
        return peers[name]
    try:
        return plugins.optimizers()[name]
    except HpobenchError:
        raise unknown("optimizer", name, [*plugins.optimizers().found, *peers]) from None

"""Evolutionary optimizers: populations of configurations that select, recombine, mutate and move."""

from hpobench_tui.core import Capabilities, OptimizerInfo, Parameter

_ETA_M = Parameter(
    "eta_m", 20.0, "Distribution index of polynomial mutation: the larger, the smaller its steps.", minimum=0
)

GENETIC = OptimizerInfo(
    name="genetic",
    summary="A genetic algorithm: tournaments, crossover and mutation of mixed vectors, with elitism.",
    load="hpobench_baselines.native.evolution.genetic:GeneticAlgorithm",
    parameters=(
        Parameter("population", 10, "Configurations that survive.", minimum=2, maximum=100_000),
        Parameter("offspring", 10, "Children bred at a time; 1 is a steady state.", minimum=1, maximum=100_000),
        Parameter("elite", 1.0, "Share of the population that competes with its children.", minimum=0, maximum=1),
        Parameter("tournament", 4, "Members from whom the best becomes a parent.", minimum=1, maximum=100_000),
        Parameter(
            "crossover",
            "sbx",
            "How numbers are crossed: recombined (sbx), or exchanged as categoricals are.",
            choices=("sbx", "uniform"),
        ),
        Parameter("crossover_probability", 0.9, "That a pair of parents is crossed.", minimum=0, maximum=1),
        Parameter("eta_c", 5.0, "Distribution index of SBX: the larger, the closer to the parents.", minimum=0),
        Parameter("mutation_rate", 0.0, "That a gene mutates; 0: one over their number.", minimum=0, maximum=1),
        _ETA_M,
        Parameter("redraw", 0.3, "That a number that mutates moves to anywhere.", minimum=0, maximum=1),
    ),
    source="Deb and Agrawal, Complex Systems 9, 1995; Deb and Goyal, Computer Science and Informatics 26(4), 1996",
)

DIFFERENTIAL_EVOLUTION = OptimizerInfo(
    name="de",
    summary="Differential evolution: members move by differences of others, and stay where that is no better.",
    load="hpobench_baselines.native.evolution.differential:DifferentialEvolution",
    parameters=(
        Parameter("strategy", "best1", "How mutants are made.", choices=("rand1", "best1", "current-to-best1")),
        Parameter("population", 0, "Members; 0: by the dimension. At least 4.", minimum=0, maximum=100_000),
        Parameter("F", 0.7, "Factor of the differences.", minimum=0, maximum=2),
        Parameter("CR", 0.9, "Probability that a coordinate is the mutant's.", minimum=0, maximum=1),
    ),
    source="Storn and Price, Journal of Global Optimization 11, 1997",
)

REGULARIZED_EVOLUTION = OptimizerInfo(
    name="regularized-evolution",
    summary="Regularized (aging) evolution: winners of tournaments mutate in one place; the oldest die.",
    load="hpobench_baselines.native.evolution.aging:RegularizedEvolution",
    parameters=(
        Parameter("population", 20, "Configurations that live at a time.", minimum=2, maximum=100_000),
        Parameter("sample", 10, "Members from whom the best becomes the parent.", minimum=1, maximum=100_000),
        Parameter("local", 0.8, "That a number takes a step instead of being drawn anew.", minimum=0, maximum=1),
        _ETA_M,
    ),
    source="Real, Aggarwal, Huang and Le, AAAI 2019, arXiv 1802.01548",
)

PARTICLE_SWARM = OptimizerInfo(
    name="pso",
    summary="Particle swarm with constriction: particles fly between their own and their neighbours' best places.",
    load="hpobench_baselines.native.evolution.swarm:ParticleSwarm",
    parameters=(
        Parameter("particles", 10, "Particles.", minimum=2, maximum=100_000),
        Parameter("topology", "ring", "Whose best a particle knows: two neighbours' or all.", choices=("ring", "all")),
        Parameter("c1", 2.05, "Attraction of the own best place; c1 + c2 must exceed 4.", minimum=2.001, maximum=4),
        Parameter("c2", 2.05, "Attraction of the neighbours' best place.", minimum=2.001, maximum=4),
        Parameter("walls", "reflect", "What becomes of a particle that leaves.", choices=("reflect", "absorb")),
    ),
    source="Clerc and Kennedy, IEEE TEVC 6(1), 2002; Bratton and Kennedy, IEEE SIS 2007",
)

CMA_ES = OptimizerInfo(
    name="cma-es",
    summary="CMA-ES: a normal distribution that learns where, how far and in which directions to search.",
    load="hpobench_baselines.native.evolution.cma_es:CMAES",
    capabilities=Capabilities(categoricals=False),
    parameters=(
        Parameter(
            "population", 0, "Configurations of a generation; 0: 4 + 3 ln d. At least 4.", minimum=0, maximum=100_000
        ),
        Parameter("sigma", 0.15, "First step size, as a share of each range.", minimum=1e-6, maximum=10),
        Parameter(
            "restarts",
            "ipop",
            "Populations after the first: the same, doubled, or doubled and small ones in turn.",
            choices=("same", "ipop", "bipop"),
        ),
    ),
    requires={"cmaes": "cma"},
    source="Hansen, arXiv 1604.00772; margins: Hamano et al., GECCO 2022, arXiv 2205.13482; library cmaes",
)

EVOLUTION: tuple[OptimizerInfo, ...] = (GENETIC, DIFFERENTIAL_EVOLUTION, REGULARIZED_EVOLUTION, PARTICLE_SWARM, CMA_ES)

"""Bandit policies: what to pull next among finitely many arms, and which arm to recommend in the end.

On any space: what the arms are is said in ``arms``, what the rewards are in ``policy``.
"""

from hpobench_tui.core import Capabilities, OptimizerInfo, Parameter

_ARMS = Parameter(
    "arms",
    0,
    "Configurations drawn at random; 0: all there are (of a categorical, or at most 64), else by the budget.",
    minimum=0,
    maximum=100_000,
)
_HORIZON = Parameter("horizon", 0, "Pulls to plan for; 0: what the budget pays for.", minimum=0)
_SIGMA = Parameter(
    "sigma", 0.0, "Losses are sigma-sub-Gaussian, in units of the loss; 0: their range is scaled to [0, 1].", minimum=0
)
_AUER_2002 = "Auer, Cesa-Bianchi and Fischer, Machine Learning 47, 2002"
_AUDIBERT_2010 = "Audibert, Bubeck and Munos, Best Arm Identification in Multi-Armed Bandits, COLT 2010"


def _policy(name: str, summary: str, load: str, source: str, *parameters: Parameter) -> OptimizerInfo:
    return OptimizerInfo(
        name=name,
        summary=summary,
        load=f"hpobench_baselines.native.bandits.{load}",
        capabilities=Capabilities(noise=True),
        parameters=(_ARMS, *parameters),
        source=source,
        horizon=_HORIZON.name if _HORIZON in parameters else "",
    )


UNIFORM = _policy(
    "uniform",
    "Bandit: every arm equally often.",
    "uniform:Uniform",
    "Bubeck, Munos and Stoltz, ALT 2009, arXiv 0802.2655",
    Parameter("order", "round-robin", "Arms in turn, or drawn at random.", choices=("round-robin", "random")),
)

EPSILON_GREEDY = _policy(
    "epsilon-greedy",
    "Bandit: a random arm with probability epsilon, else the best mean.",
    "greedy:EpsilonGreedy",
    "Sutton and Barto, Reinforcement Learning, 2nd edition, section 2.2",
    Parameter("epsilon", 0.1, "Probability of a random arm.", minimum=0, maximum=1),
)

EPSILON_DECREASING = _policy(
    "epsilon-decreasing",
    "Bandit: epsilon-greedy with epsilon_t = min(1, c K / (d^2 t)).",
    "greedy:EpsilonDecreasing",
    f"{_AUER_2002}, Figure 3",
    Parameter("c", 0.15, "Factor of the exploration; the proof of logarithmic regret asks for more than 5.", minimum=0),
    Parameter("d", 0.1, "Lower bound on the gap between the best and the next arm's reward.", minimum=1e-6, maximum=1),
)

EXPLORE_THEN_COMMIT = _policy(
    "explore-then-commit",
    "Bandit: every arm m times, then the best of them only.",
    "explore_then_commit:explore_then_commit",
    "Slivkins, Introduction to Multi-Armed Bandits, 2019, arXiv 1904.07272, Algorithm 1.1",
    Parameter("pulls", 0, "m; 0: (T/K)^(2/3) (ln T)^(1/3), at most T/K.", minimum=0),
    _HORIZON,
)

SOFTMAX = _policy(
    "softmax",
    "Bandit: arms drawn in proportion to exp(mean reward / temperature).",
    "softmax:Softmax",
    "Kuleshov and Precup, arXiv 1402.6028",
    Parameter("temperature", 0.1, "In units of the reward, which is scaled to [0, 1].", minimum=1e-6),
)

UCB1 = _policy(
    "ucb1",
    "Bandit: highest upper confidence bound by Hoeffding's inequality.",
    "ucb1:UCB1",
    f"{_AUER_2002}, Figure 1",
    _SIGMA,
)

UCB_V = _policy(
    "ucb-v",
    "Bandit: highest upper confidence bound by the empirical variance.",
    "ucb_v:UCBV",
    "Audibert, Munos and Szepesvári, Theoretical Computer Science 410, 2009",
    Parameter("zeta", 1.2, "Exploration is zeta ln t; the analysis asks for more than 1.", minimum=0),
    Parameter("c", 1.0, "Factor of the term that does not depend on the variance.", minimum=0),
)

KL_UCB = _policy(
    "kl-ucb",
    "Bandit: highest upper confidence bound by the Bernoulli divergence.",
    "kl_ucb:KLUCB",
    "Garivier and Cappé, COLT 2011, arXiv 1102.2490, Algorithm 1",
    Parameter("c", 0.0, "Exploration is ln t + c ln ln t; 0 in practice, 3 in the proof.", minimum=0),
    Parameter("plus", False, "KL-UCB+: ln (t / pulls of the arm) stands for ln t."),
)

MOSS = _policy(
    "moss",
    "Bandit: upper confidence bounds that are minimax optimal for a horizon.",
    "moss:moss",
    "Audibert and Bubeck, COLT 2009; without a horizon: Degenne and Perchet, ICML 2016",
    _HORIZON,
    _SIGMA,
)

THOMPSON_BETA = _policy(
    "thompson-beta",
    "Bandit: highest draw from the posteriors of Bernoulli arms.",
    "thompson:ThompsonBeta",
    "Agrawal and Goyal, COLT 2012, arXiv 1111.1797, Algorithms 1 and 2",
)

THOMPSON_GAUSSIAN = _policy(
    "thompson-gaussian",
    "Bandit: highest draw from the posteriors of Gaussian arms.",
    "thompson:ThompsonGaussian",
    "Agrawal and Goyal, AISTATS 2013, arXiv 1209.3353, Algorithm 2",
    Parameter("sigma", 0.0, "Standard deviation of the losses; 0: range scaled to [0, 1], variance 1.", minimum=0),
)

EXP3 = _policy(
    "exp3",
    "Bandit: exponential weights, for losses that an adversary chooses.",
    "exp3:exp3",
    "Bubeck and Cesa-Bianchi, 2012, arXiv 1204.5721, Figure 3.1",
    _HORIZON,
)

SUCCESSIVE_REJECTS = _policy(
    "successive-rejects",
    "Best arm for a fixed budget: K - 1 phases, each rejects the worst arm.",
    "successive_rejects:successive_rejects",
    f"{_AUDIBERT_2010}, Figure 3",
    _HORIZON,
)

SEQUENTIAL_HALVING = _policy(
    "sequential-halving",
    "Best arm for a fixed budget: rounds of equal cost, each keeps the better half.",
    "sequential_halving:sequential_halving",
    "Karnin, Koren and Somekh, ICML 2013, Algorithm 1",
    Parameter(
        "rounds",
        "karnin",
        "Pulls are shared by the ceil(log2 K) rounds that halve; lecture: and by one for the last arm.",
        choices=("karnin", "lecture"),
    ),
    _HORIZON,
)

UCB_E = _policy(
    "ucb-e",
    "Best arm for a fixed budget: upper confidence bounds that explore as much as the budget allows.",
    "ucb_e:UCBE",
    f"{_AUDIBERT_2010}, Figures 2 and 4",
    Parameter("a", 0.0, "Exploration, best near 25/36 (T - K) / H; 0: estimated from the gaps, Figure 4.", minimum=0),
    Parameter("c", 1.0, "Factor of the estimated exploration.", minimum=1e-6),
    _HORIZON,
    _SIGMA,
)

LUCB = _policy(
    "lucb",
    "Best arm for a fixed confidence: the best and its closest rival are pulled until their bounds part.",
    "lucb:LUCB",
    "Kalyanakrishnan, Tewari, Auer and Stone, ICML 2012, with m = 1",
    Parameter("delta", 0.05, "Probability of a wrong answer.", minimum=1e-12, maximum=1),
    Parameter("epsilon", 0.0, "How much worse than the best an answer may be, in units of the reward.", minimum=0),
    _SIGMA,
)

POLICIES: tuple[OptimizerInfo, ...] = (
    UNIFORM,
    EPSILON_GREEDY,
    EPSILON_DECREASING,
    EXPLORE_THEN_COMMIT,
    SOFTMAX,
    UCB1,
    UCB_V,
    KL_UCB,
    MOSS,
    THOMPSON_BETA,
    THOMPSON_GAUSSIAN,
    EXP3,
    SUCCESSIVE_REJECTS,
    SEQUENTIAL_HALVING,
    UCB_E,
    LUCB,
)

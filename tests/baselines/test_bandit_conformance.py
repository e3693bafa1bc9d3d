"""Every bandit policy keeps the contract of optimizers."""

from hpobench_baselines.native.bandits import POLICIES, UCB1
from hpobench_tui.testing.optimizers import OptimizerConformance


def suite(info, **parameters):
    """The test class of a policy; twelve arms, so that most asks come after the first round."""
    name = "Test" + "".join(word.title() for word in (*info.name.split("-"), *parameters))
    members = {"info": info, "parameters": {"arms": 12, **parameters}, "asks": 50}
    return name, type(name, (OptimizerConformance,), members)


globals().update(suite(policy) for policy in POLICIES)
globals().update([suite(UCB1, sigma=2.0)])

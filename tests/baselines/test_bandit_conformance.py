"""Every bandit policy keeps the contract of optimizers: with horizons known and unknown, and with ``sigma``."""

from hpobench_baselines.native.bandits import POLICIES
from hpobench_tui.testing.optimizers import OptimizerConformance


def suite(info, **parameters):
    name = f"Test{info.name.title().replace('-', '')}{'With' + ''.join(parameters).title() if parameters else ''}"
    return name, type(name, (OptimizerConformance,), {"info": info, "parameters": parameters, "asks": 80})


for policy in POLICIES:
    for parameters in ({}, *({"sigma": 2.0} for p in policy.parameters if p.name == "sigma")):
        name, cls = suite(policy, **parameters)
        globals()[name] = cls

"""A plug-in in a package of its own: one problem and one optimizer, as the README shows them."""

import numpy as np

from hpobench_tui.core import Ask, Capabilities, Dimensions, OptimizerInfo, ProblemInfo, Reference, Report


class Sphere:
    def space(self):
        from ConfigSpace import ConfigurationSpace

        return ConfigurationSpace({"x": (-5.0, 5.0), "y": (-5.0, 5.0)})

    def start(self, configuration, seed, device):
        return SphereTraining(configuration)


class SphereTraining:
    def __init__(self, configuration):
        self.loss = configuration["x"] ** 2 + configuration["y"] ** 2

    def advance(self, to_fidelity):
        return Report(loss=self.loss)


SPHERE = ProblemInfo(
    id="tiny/sphere",
    summary="x² + y²",
    load="hpobench_tiny:Sphere",
    dimensions=Dimensions(floats=2),
    reference=Reference(0.0, "closed form"),
)


class HillClimber:
    """Draws from the space, then walks from the best value of one hyperparameter at a time."""

    def __init__(self, task):
        from hpobench_tui.core.space import samples

        self.rng = np.random.default_rng(task.seed)
        self.draws = samples(task.space, self.rng)
        self.best = (float("inf"), {})

    def ask(self):
        candidate = next(self.draws)
        if self.best[1] and self.rng.random() < 0.5:
            name = self.rng.choice(list(candidate))
            candidate = {**self.best[1], name: candidate[name]}
        return Ask(candidate)

    def tell(self, trial):
        if trial.loss is not None and trial.loss < self.best[0]:
            self.best = (trial.loss, trial.configuration)


HILL_CLIMBER = OptimizerInfo(
    "tiny-hill-climber",
    "Coordinate-wise hill climbing",
    load="hpobench_tiny:HillClimber",
    capabilities=Capabilities(conditions=False, forbiddens=False),
)

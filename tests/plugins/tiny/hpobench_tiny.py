"""A plug-in in a package of its own: one problem and one optimizer, as the README shows them, and commands."""

import numpy as np

from hpobench_tui.core import (
    Ask,
    Capabilities,
    CommandInfo,
    CommandResult,
    Dimensions,
    HpobenchError,
    OptimizerInfo,
    Parameter,
    ProblemInfo,
    Reference,
    Report,
    Table,
)


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


def square(context, side, unit, strict):
    if side == 13:
        raise HpobenchError("tiny square: 13 is not drawn.")
    context.report_progress(0.5, "squaring")
    rows = [(unit, side, side * 1.5, None, side > 0)]
    files = ()
    if context.folder is not None:
        files = (context.folder / "square.txt",)
        files[0].write_text("#" * side)
    table = Table("A square", ("unit", "side", "longer", "none", "positive"), rows)
    return CommandResult((table,), ("That is all.",), passed=not strict or side > 3, files=files)


def summary(context):
    rows = [(b.optimizer, b.loss, b.fidelity, b.configuration["x"]) for b in context.incumbents]
    return CommandResult((Table("Found", ("optimizer", "loss", "fidelity", "x"), rows),))


COMMANDS = (
    CommandInfo(
        "tiny square",
        "Draw a square.",
        load="hpobench_tiny:square",
        parameters=(
            Parameter("side", 2, "Of the square.", minimum=0, maximum=20),
            Parameter("unit", "cm", "Of the side.", ("cm", "in")),
            Parameter("strict", False, "Small ones do not pass."),
        ),
    ),
    CommandInfo("tiny report", "What was found.", load="hpobench_tiny:summary", experiment=True),
    CommandInfo("run fast", "A group that is one of our own commands.", load="hpobench_tiny:summary"),
)

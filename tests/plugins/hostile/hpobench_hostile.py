"""A plug-in whose every text tries to do something: to a terminal, a log, a spreadsheet, a page, a typesetter."""

import os
import sys

import numpy as np

from hpobench_tui.core import (
    Ask,
    CommandInfo,
    CommandResult,
    Dimensions,
    Fidelity,
    HpobenchError,
    Landmark,
    OptimizerInfo,
    Parameter,
    ProblemInfo,
    Reference,
    Report,
    Table,
)

NASTY = (
    "=1+1\x1b[2J\x1b]0;title\x07\x1b[31m\x9b2J\x90q\x9c\b\x7f\r\x85\x0b\x0c\u202e\u2066\u200f\u061c\u2028\u2029\u200b\ufeff"
    "\N{TAG LATIN CAPITAL LETTER A}\ue000[bold]x[/bold][/][link=http://example.org]$x_1$|<b>&`~*_#\\input{x}%[x](http://x)"
)
LINES = f"one\ntwo\x1b[A{NASTY}"


class Hostile:
    def space(self):
        from ConfigSpace import CategoricalHyperparameter, ConfigurationSpace, UniformFloatHyperparameter

        space = ConfigurationSpace()
        space.add(UniformFloatHyperparameter("x\x1b[31m\u202e", 0.0, 1.0))
        space.add(CategoricalHyperparameter("=y", [f"=cmd{NASTY}", f"-cmd{NASTY}"]))
        return space

    def start(self, configuration, seed, device):
        return HostileTraining(configuration["x\x1b[31m\u202e"])


class HostileTraining:
    def __init__(self, loss):
        self.loss = loss

    def advance(self, to_fidelity):
        print(LINES)
        print(LINES, file=sys.stderr)
        if self.loss > 0.8:
            raise ValueError(f"{LINES}\ud800\0") from KeyError(NASTY)
        return Report(loss=self.loss, metrics={f"{LINES}\ud800\0": 1.0})


class Dies(Hostile):
    """Takes its process down, and leaves last words."""

    def start(self, configuration, seed, device):
        print(f"\n{NASTY}", file=sys.stderr, flush=True)
        os._exit(3)


def problem(name, load, **more):
    return ProblemInfo(
        id=f"hostile/{name}",
        summary=NASTY,
        load=f"hpobench_hostile:{load}",
        dimensions=Dimensions(floats=1, categoricals=1),
        reference=Reference(0.0, NASTY),
        fidelity=Fidelity(NASTY, 1, 3),
        reward=NASTY,
        tags=(NASTY,),
        landmarks=(Landmark(NASTY, 0.1, NASTY),),
        **more,
    )


class Random:
    """Draws at random; its words are what is wrong with it."""

    def __init__(self, task):
        from hpobench_tui.core.space import samples

        print(LINES)
        self.draws = samples(task.space, np.random.default_rng(task.seed))

    def ask(self):
        return Ask(next(self.draws), 3)

    def tell(self, trial):
        pass


class Gives(Random):
    def ask(self):
        raise RuntimeError(LINES)


def vary(size):
    raise RuntimeError(NASTY)


def optimizer(name, load):
    parameter = Parameter("size", 1, NASTY, (1, 2))
    return OptimizerInfo(f"hostile-{name}", NASTY, f"hpobench_hostile:{load}", parameters=(parameter,), source=NASTY)


class Odd:
    def __repr__(self):
        return NASTY


PROBLEMS = (
    problem("one", "Hostile"),
    problem("dies", "Dies"),
    problem("varied", "Hostile", parameters=(Parameter("size", 1, NASTY),), vary="hpobench_hostile:vary"),
    problem(f"bad{NASTY}", "Hostile"),
    Odd(),
)
OPTIMIZERS = (optimizer("random", "Random"), optimizer("gives-up", "Gives"), optimizer(NASTY, "Random"))


def tell(context):
    context.report_progress(0.5, LINES)
    print(LINES)
    table = Table(NASTY, (NASTY, "=b"), [(NASTY, 1), ("=2", -1.5)])
    return CommandResult((table,), (NASTY,), passed=False)


def refuse(context):
    raise HpobenchError(NASTY)


def break_down(context):
    raise RuntimeError(LINES)


COMMANDS = (
    CommandInfo("hostile tell", NASTY, "hpobench_hostile:tell"),
    CommandInfo("hostile report", NASTY, "hpobench_hostile:tell", experiment=True),
    CommandInfo("hostile refuse", NASTY, "hpobench_hostile:refuse", (Parameter("size", 1, NASTY, (1, 2)),)),
    CommandInfo("hostile breaks", NASTY, "hpobench_hostile:break_down"),
    CommandInfo("doctor hostile", NASTY, "hpobench_hostile:tell"),
)

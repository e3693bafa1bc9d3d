"""Problems that change their process, as training scripts do, and one whose losses show every such change."""

import os
import random

import numpy as np

from hpobench_tui.core import Dimensions, ProblemInfo, Reference, Report

GENERATOR, LEGACY, PLAIN = np.random.default_rng(1), np.random.RandomState(1), random.Random(1)
STATELESS, GLOBAL = random.SystemRandom(), np.random.mtrand._rand


class Line:
    def space(self):
        from ConfigSpace import ConfigurationSpace

        return ConfigurationSpace({"x": (0.0, 1.0)})

    def start(self, configuration, seed, device):
        return Training(lambda: self.loss(configuration["x"]))


class Training:
    def __init__(self, loss):
        self.loss = loss

    def advance(self, to_fidelity):
        return Report(loss=self.loss())


class Shown(Line):
    """What it finds is in its losses; nothing is left behind."""

    def loss(self, x):
        import decimal
        import json
        import logging
        import multiprocessing
        import sys
        import warnings

        import numpy as np

        found = (
            os.getcwd() == "/",
            "POLLUTED" in os.environ,
            np.geterr()["under"] == "raise",
            decimal.getcontext().prec == 5,
            decimal.getcontext().traps[decimal.Inexact],
            "/polluted" in sys.path,
            any(action == "error" for action, *_ in warnings.filters),
            json.dumps({}) != "{}",
            logging.root.manager.disable > 0,
            os.umask(0o022) != 0o022,
            hasattr(np, "int"),
            "wave" in sys.modules and sys.modules["wave"] is None,
            multiprocessing.get_start_method(allow_none=True) is not None,
        )
        return x + sum(2.0 ** (1 + place) for place, there in enumerate(found) if there)


class Polluter(Line):
    def loss(self, x):
        pollute()
        return x


class Importer(Line):
    """Imports in mid-run what pollutes when it is imported: later losses of its run show it."""

    def loss(self, x):
        import hpobench_polluting_import  # noqa: F401

        return x + ("POLLUTED" in os.environ)


class Drawing(Line):
    """Noise from generators of the module's own: what other runs drew must not show."""

    generator = np.random.default_rng(2)

    def loss(self, x):
        return x + GENERATOR.normal() + LEGACY.rand() + PLAIN.random() + self.generator.normal() + GLOBAL.rand()


class Starter(Line):
    """Pollutes where a problem is made."""

    def __init__(self):
        pollute()

    def loss(self, x):
        import numpy as np

        return x + (np.geterr()["under"] == "raise")


def pollute():
    import decimal
    import json
    import logging
    import multiprocessing
    import sys
    import warnings

    import numpy as np

    os.chdir("/")
    os.environ["POLLUTED"] = "1"
    np.seterr(all="raise")
    decimal.getcontext().prec = 5
    decimal.getcontext().traps[decimal.Inexact] = True
    sys.path.append("/polluted")
    warnings.simplefilter("error")
    json.dumps = repr
    logging.disable(logging.CRITICAL)
    os.umask(0o077)
    np.int = int
    sys.modules["wave"] = None
    multiprocessing.set_start_method("spawn", force=True)


def problem(name, load):
    return ProblemInfo(f"polluting/{name}", name, load, Dimensions(floats=1), Reference(0.0, "x"))


PROBLEMS = (
    problem("polluter", "hpobench_polluting:Polluter"),
    problem("importer", "hpobench_polluting:Importer"),
    problem("drawing", "hpobench_polluting:Drawing"),
    problem("starter", "hpobench_polluting:Starter"),
    problem("imported", "hpobench_polluting_import:Imported"),
    problem("shown", "hpobench_polluting:Shown"),
)

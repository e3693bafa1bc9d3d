"""Everything that can go wrong in somebody else's problem or optimizer, on purpose."""

import math
import os
import signal
import sys
import threading
import time

from hpobench_tui.core import (
    Ask,
    Capabilities,
    Complete,
    Dimensions,
    Fidelity,
    NotReady,
    OptimizerInfo,
    ProblemInfo,
    Reference,
    Report,
)
from hpobench_tui.core.space import samples

BAD = 0.3  # a configuration with x below this goes wrong


class Line:
    """Loss x; configurations with x < BAD go wrong in the way that the subclass says."""

    def space(self):
        from ConfigSpace import ConfigurationSpace

        return ConfigurationSpace({"x": (0.0, 1.0)})

    def start(self, configuration, seed, device):
        return LineTraining(configuration["x"], self.go_wrong)

    def go_wrong(self):
        raise ValueError("x is too small")


class LineTraining:
    def __init__(self, x, go_wrong):
        self.x, self.go_wrong = x, go_wrong

    def advance(self, to_fidelity):
        if self.x < BAD and (loss := self.go_wrong()) is not None:
            return Report(loss=loss)
        return Report(loss=self.x + 1 / to_fidelity)


class Nan(Line):
    def go_wrong(self):
        return math.nan


class Prints(Line):
    """Nothing goes wrong, but it has much to say."""

    def start(self, configuration, seed, device):
        print(f"trying {configuration}\n" * 20, flush=True)
        print("on standard error", file=sys.stderr)
        return super().start(configuration, seed, device)

    def go_wrong(self):
        return 0.5


class Exits(Line):
    def go_wrong(self):
        raise SystemExit(3)


class Interrupts(Line):
    def go_wrong(self):
        raise KeyboardInterrupt("its own")


class Kills(Line):
    def go_wrong(self):
        os.kill(os.getpid(), signal.SIGKILL)


class KillsGroup(Line):
    """As the script of a training does at its end, with ``trap "kill 0" EXIT``."""

    def go_wrong(self):
        os.kill(0, signal.SIGTERM)
        time.sleep(10)


class KillsOnce(Line):
    """As somebody else would, at the first attempt."""

    def go_wrong(self):
        if once(f"{self.__class__.__name__} {os.getppid()}"):
            os.kill(os.getpid(), signal.SIGKILL)


def once(what, times=1):
    """Whether it comes to pass for the first time (or times)."""
    with open(os.environ["HPOBENCH_TEST_NOTES"], "a+") as notes:
        notes.seek(0)
        if notes.read().splitlines().count(what) >= times:
            return False
        notes.write(f"{what}\n")
        return True


class LoadsLate(Line):
    """Its process is killed four times before it is loaded."""

    def space(self):
        if once("loading", times=4):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().space()


class Crashes(Line):
    def go_wrong(self):
        os.kill(os.getpid(), signal.SIGSEGV)


class Starts(Line):
    """Each training starts a process that goes on for ever, and has none of another's beside it."""

    def start(self, configuration, seed, device):
        return Started(configuration["x"])


class Started:
    def __init__(self, x):
        import subprocess

        beside = [line.split()[1] for line in lines() if line.startswith("started ") and is_running(line.split()[1])]
        self.x, self.beside, self.process = x, len(beside), subprocess.Popen(["sleep", "600"])
        once(f"started {self.process.pid}")

    def advance(self, to_fidelity):
        if self.process.poll() is not None:
            raise RuntimeError("its process was ended before its time")
        if self.x < BAD and os.environ.get("HPOBENCH_TEST_HANG"):
            time.sleep(3600)
        return Report(loss=self.x + 1 / to_fidelity, metrics={"beside": self.beside})


def lines():
    try:
        with open(os.environ["HPOBENCH_TEST_NOTES"]) as notes:
            return notes.read().splitlines()
    except FileNotFoundError:
        return []


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Hangs(Line):
    def go_wrong(self):
        time.sleep(3600)


class Sleeps(Line):
    """Nothing goes wrong; an evaluation to fidelity r takes r x 10 ms."""

    def start(self, configuration, seed, device):
        return SleepTraining(configuration["x"])


class SleepTraining:
    def __init__(self, x):
        self.x, self.reached = x, 0

    def advance(self, to_fidelity):
        time.sleep((to_fidelity - self.reached) * 0.01)
        self.reached = to_fidelity
        loss = self.x + 1 / to_fidelity
        return Report(loss=loss, metrics={"doubled": 2 * loss}, cost=to_fidelity * 0.01)


class Eats(Line):
    def go_wrong(self):
        blocks = []
        while True:
            blocks.append(bytearray(os.urandom(1 << 20) * 16))
            time.sleep(0.01)


class Numpy(Line):
    """Reports NumPy's numbers, and changes the configuration it was given."""

    def start(self, configuration, seed, device):
        return NumpyTraining(configuration)


class NumpyTraining:
    def __init__(self, configuration):
        self.x = configuration.pop("x")

    def advance(self, to_fidelity):
        import numpy as np

        metrics = {"half": np.float32(0.5), "nan": np.nan, "count": np.int64(3)}
        return Report(loss=np.float32(self.x), truth=np.float32(self.x), metrics=metrics)


class Odd(Line):
    """Reports things that are no losses; errors that cannot be printed."""

    def start(self, configuration, seed, device):
        return OddTraining(configuration["x"])


class OddTraining:
    def __init__(self, x):
        self.x = x

    def advance(self, to_fidelity):
        match int(self.x * 6):
            case 0:
                return Report(loss="0.5")
            case 1:
                return Report(loss=None)
            case 2:
                return 0.5
            case 3:
                raise OSError("a lone surrogate: \udcff")
            case 4:
                raise UnprintableError
        return Report(loss=2**70, truth=math.nan)


class Much(Line):
    """Reports more than a store takes."""

    def start(self, configuration, seed, device):
        return MuchTraining(configuration["x"])


class MuchTraining:
    def __init__(self, x):
        self.x = x

    def advance(self, to_fidelity):
        return Report(loss=self.x, metrics={"m" * (70_000_000 if self.x < BAD else 1_000_000): 1.0})


class UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class Always(Line):
    def start(self, configuration, seed, device):
        raise RuntimeError("never works")


class Together(Line):
    """Trains up to four together; what they go wrong in takes the process down with all of them."""

    def widest(self, device):
        return 4

    def start_many(self, configurations, seeds, device):
        return self.join([self.start(c, s, device) for c, s in zip(configurations, seeds, strict=True)])

    def join(self, trainings):
        return SideBySide(trainings)

    def go_wrong(self):
        os.kill(os.getpid(), signal.SIGSEGV)


class SideBySide:
    def __init__(self, members):
        self.members = members
        self.notes = ["had no room for more"] if len(members) == 4 else []

    def advance(self, to_fidelity):
        time.sleep(0.02 * len(self.members))
        return [member.advance(to) for member, to in zip(self.members, to_fidelity, strict=True)]


class TogetherInPeace(Together):
    """One that nothing goes wrong in."""

    def go_wrong(self):
        return None


class BadSpace(Line):
    def space(self):
        raise RuntimeError("no space here")


def problem(name, cls, fidelity=None):
    return ProblemInfo(
        id=f"faulty/{name}",
        summary=name,
        load=f"hpobench_faulty:{cls}",
        dimensions=Dimensions(floats=1),
        reference=Reference(0.0, "closed form"),
        fidelity=fidelity,
    )


PROBLEMS = (
    problem("raises", "Line"),
    problem("nan", "Nan"),
    problem("exits", "Exits"),
    problem("interrupts", "Interrupts"),
    problem("prints", "Prints"),
    problem("kills", "Kills"),
    problem("kills-group", "KillsGroup"),
    problem("kills-once", "KillsOnce"),
    problem("loads-late", "LoadsLate"),
    problem("crashes", "Crashes"),
    problem("starts", "Starts"),
    problem("starts-epochs", "Starts", Fidelity("epochs", 1, 9, step=1)),
    problem("hangs", "Hangs"),
    problem("eats", "Eats"),
    problem("sleeps", "Sleeps"),
    problem("epochs", "Sleeps", Fidelity("epochs", 1, 9, step=1)),
    problem("no-space", "BadSpace"),
    problem("numpy", "Numpy"),
    problem("odd", "Odd"),
    problem("much", "Much"),
    problem("always", "Always"),
    problem("together", "Together"),
    problem("together-epochs", "TogetherInPeace", Fidelity("epochs", 1, 9, step=1)),
)


class Random:
    def __init__(self, task):
        import numpy as np

        self.draws = samples(task.space, np.random.default_rng(task.seed))
        self.asked = 0

    def ask(self):
        self.asked += 1
        return Ask(next(self.draws))

    def tell(self, trial):
        pass


class RaisesInInit(Random):
    def __init__(self, task):
        raise RuntimeError("cannot be built")


class ExitsInInit:
    def __init__(self, task):
        raise SystemExit("no more")


class RaisesInAsk(Random):
    def ask(self):
        if self.asked == 3:
            raise RuntimeError("no idea")
        return super().ask()


class RaisesLate(Random):
    """After trials of which not each has a row of progress any more."""

    def ask(self):
        if self.asked == 1030:
            raise RuntimeError("tired")
        return super().ask()


class RaisesInTell(Random):
    def tell(self, trial):
        if trial.number == 2:
            raise RuntimeError("did not want to hear that")


class Invalid(Random):
    def ask(self):
        ask = super().ask()
        return Ask({"x": 7.0}) if self.asked == 4 else ask


class Unknown(Random):
    def ask(self):
        return Ask({"x": 0.5, "z": 1.0})


class Nothing(Random):
    def ask(self):
        return None


class NeverReady(Random):
    def ask(self):
        raise NotReady


class NeverReturns(Random):
    def ask(self):
        if self.asked == 2:
            time.sleep(3600)
        return super().ask()


class HoldsTheLock(Random):
    """No other thread runs while it asks, for ever."""

    def ask(self):
        if self.asked == 3:
            import ctypes

            ctypes.PyDLL(None).sleep(3600)
        return super().ask()


class HasHelp(Random):
    """Has a process of its own, which has to be there as long as it is."""

    def ask(self):
        import subprocess

        if self.asked == 1:
            self.help = subprocess.Popen(["sleep", "600"])
        if self.asked > 1 and self.help.poll() is not None:
            raise RuntimeError("its help was ended")
        return super().ask()


class DiesInAsk(Random):
    def ask(self):
        if self.asked == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().ask()


class Short(Random):
    def ask(self):
        if self.asked == 5:
            raise Complete
        return super().ask()


class WildFidelity(Random):
    def ask(self):
        return Ask(super().ask().configuration, fidelity=1000)


class Prunes(Random):
    """Stops every training whose loss after two units is above 0.8."""

    def should_stop(self, number, ask, fidelity, report):
        return fidelity >= 2 and report.loss > 0.8


class PrunesByMetrics(Random):
    """A pruner with a memory: stops what is above the median of the metrics that it saw."""

    def __init__(self, task):
        super().__init__(task)
        self.seen = []

    def should_stop(self, number, ask, fidelity, report):
        self.seen.append(report.metrics["doubled"])
        return report.metrics["doubled"] > sorted(self.seen)[len(self.seen) // 2]

    def ask(self):
        self.asked += 1
        first = next(self.draws)
        return Ask(first if len(self.seen) % 2 else next(self.draws))


class PrunerRaises(Random):
    def should_stop(self, number, ask, fidelity, report):
        raise RuntimeError("cannot judge")


class SlowPruner(Random):
    def should_stop(self, number, ask, fidelity, report):
        time.sleep(0.05)
        return False


class CloseHangs(Random):
    def close(self):
        time.sleep(3600)


class LateBomb(Random):
    """Leaves a thread behind that takes the process down a second later."""

    def __init__(self, task):
        super().__init__(task)
        bomb = threading.Timer(1.0, os._exit, (9,))
        bomb.daemon = True
        bomb.start()


class Slowly(Random):
    """Takes half a second to close, and leaves a note that it was."""

    def close(self):
        time.sleep(0.5)
        with open(os.environ["HPOBENCH_TEST_NOTES"], "a") as notes:
            notes.write("closed\n")


class OddBracket(Random):
    def ask(self):
        return Ask(super().ask().configuration, rung=[1])


class ChangesItsMind(Random):
    """Changes a configuration after it was asked."""

    def ask(self):
        self.last = super().ask()
        return self.last

    def tell(self, trial):
        trial.configuration["x"] = 0.5


class Unsteady(Random):
    """Not deterministic: asks something else in every process."""

    def __init__(self, task):
        super().__init__(task)
        for _ in range(os.getpid() % 1000):
            next(self.draws)


class GrabsGlobal(Random):
    """Draws from the global generator."""

    def ask(self):
        import numpy as np

        return Ask({"x": float(np.random.rand())})


def optimizer(name, cls, **capabilities):
    return OptimizerInfo(
        f"faulty-{name}", name, load=f"hpobench_faulty:{cls}", capabilities=Capabilities(**capabilities)
    )


OPTIMIZERS = (
    optimizer("none", "Random"),
    optimizer("init", "RaisesInInit"),
    optimizer("exit", "ExitsInInit"),
    optimizer("ask", "RaisesInAsk"),
    optimizer("tell", "RaisesInTell"),
    optimizer("late", "RaisesLate"),
    optimizer("invalid", "Invalid"),
    optimizer("unknown", "Unknown"),
    optimizer("nothing", "Nothing"),
    optimizer("never-ready", "NeverReady"),
    optimizer("never-returns", "NeverReturns"),
    optimizer("holds", "HoldsTheLock"),
    optimizer("has-help", "HasHelp"),
    optimizer("dies", "DiesInAsk"),
    optimizer("short", "Short"),
    optimizer("wild", "WildFidelity", multi_fidelity=True),
    optimizer("prunes", "Prunes"),
    optimizer("unsteady", "Unsteady"),
    optimizer("prunes-by-metrics", "PrunesByMetrics"),
    optimizer("pruner-raises", "PrunerRaises"),
    optimizer("slow-pruner", "SlowPruner"),
    optimizer("close-hangs", "CloseHangs"),
    optimizer("late-bomb", "LateBomb"),
    optimizer("slowly", "Slowly"),
    optimizer("odd-bracket", "OddBracket"),
    optimizer("changes", "ChangesItsMind"),
    optimizer("global", "GrabsGlobal"),
    OptimizerInfo(
        "faulty-missing", "needs what nobody has", load="nowhere:Nothing", requires={"no_such_module": "no-such-extra"}
    ),
)

"""What a suggestion costs: ask + tell on a mixed space of five hyperparameters, ours beside its peers in one run.

    python -m benchmarks.cost [--pairs gp,tpe] [--repetitions 3] [--growth] [--markdown]

All optimizers of a comparison run in one process on one core with one thread each, evaluation by evaluation in turn, so
that whatever else the machine does slows all of them alike; counted is the processor's time. The losses are those of
one smooth function. The ratio is that of the mean milliseconds an evaluation, over the first 200 evaluations or over
the last 20 of them; its minimum and maximum are those over the repetitions. ``--growth`` drives each of ours to 2,000
evaluations and takes the mean over the 20 before n.
"""

import os

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_threads] = "1"  # before NumPy is imported

import argparse  # noqa: E402
import json  # noqa: E402
import math  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import warnings  # noqa: E402
from collections.abc import Iterator, Sequence  # noqa: E402
from dataclasses import asdict, dataclass  # noqa: E402
from itertools import pairwise  # noqa: E402
from time import process_time  # noqa: E402

from ConfigSpace import (  # noqa: E402
    Categorical,
    ConfigurationSpace,
    Float,
    Integer,
    OrdinalHyperparameter,
)

from benchmarks import peers  # noqa: E402
from benchmarks.quality.sets import chosen  # noqa: E402
from hpobench_tui import plugins  # noqa: E402
from hpobench_tui.core import (  # noqa: E402
    Budget,
    Configuration,
    Fidelity,
    HpobenchError,
    Optimizer,
    Task,
    Trial,
    TrialStatus,
)
from hpobench_tui.core.optimizer import Closable  # noqa: E402
from hpobench_tui.core.seeds import derive  # noqa: E402

EVALUATIONS, LAST = 200, 20
FIDELITY = Fidelity("epochs", 1, 81, step=1)
GROWTH = (50, 200, 500, 1000, 2000)
NATIVE = (
    "random", "latin-hypercube", "sobol", "halton", "gp", "turbo", "tpe", "forest", "hyperband", "asha", "bohb", "dehb",
    "median-stopping", "freeze-thaw", "genetic", "de", "regularized-evolution", "pso", "cma-es",
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """Ours beside its peers; ``limits`` are the largest ratios that are accepted, infinite where none is set.

    Attributes:
        last: Only the last ``LAST`` of the evaluations count.
        fidelity: The problem has one.
    """

    ours: str
    limits: tuple[tuple[str, float], ...]
    last: bool = False
    fidelity: bool = False


COMPARISONS = (
    Comparison("gp", (("skopt-gp", 1 / 15), ("optuna-gp", 1 / 8))),
    Comparison(
        "tpe",
        (("optuna-tpe-univariate", 1 / 4), ("optuna-tpe-defaults", 1 / 4), ("hyperopt-tpe", math.inf)),
        last=True,
    ),
    Comparison("bohb", (("hpbandster-model", 1 / 15),), fidelity=True),
    Comparison("de", (("optuna-nsga2", 1.0),)),
    Comparison("genetic", (("optuna-nsga2", 1.0),)),
    Comparison("forest", (("smac-forest", 1 / 4),)),
    Comparison("dehb", (("dehb-library", math.inf),), fidelity=True),
)


def space(floats_only: bool) -> ConfigurationSpace:
    """Two floats (one logarithmic), an integer, a categorical and an ordinal, no conditions; or five floats."""
    if floats_only:
        return ConfigurationSpace(space=[Float(f"x{i}", (-1.0, 1.0)) for i in range(5)])
    return ConfigurationSpace(
        space=[
            Float("x", (-1.0, 1.0)),
            Float("rate", (1e-5, 1e-1), log=True),
            Integer("depth", (1, 32)),
            Categorical("kind", ["a", "b", "c"]),
            OrdinalHyperparameter("size", [16, 32, 64, 128, 256]),
        ]
    )


def loss(configuration: Configuration, fidelity: int | None = None) -> float:
    """A smooth bowl with a bend; a lower fidelity adds what falls as its root."""
    return bowl(configuration) + (0.0 if fidelity is None else 1.0 / math.sqrt(fidelity))


def bowl(configuration: Configuration) -> float:
    """The loss without a fidelity, on either space."""
    if "rate" not in configuration:
        axes = [float(value) for value in configuration.values()]
        return sum((a - 0.3 * b) ** 2 + 0.2 * b**2 for a, b in pairwise(axes))
    x, rate = float(configuration["x"]), math.log10(float(configuration["rate"])) + 3.0
    depth, size = (float(configuration["depth"]) - 12.0) / 10.0, math.log2(float(configuration["size"])) - 6.0
    kind = {"a": 0.3, "b": 0.0, "c": 0.1}[str(configuration["kind"])]
    return (x - 0.3 * rate) ** 2 + 0.2 * rate**2 + depth**2 + 0.05 * (size - depth) ** 2 + kind


class Timed:
    """An optimizer under the stop-watch.

    Attributes:
        milliseconds: Ask + tell, an evaluation each.
    """

    def __init__(self, name: str, evaluations: int, fidelity: Fidelity | None, seed: int) -> None:
        info = peers.find(name)
        plugins.import_needed(info)
        task = Task(
            space(not info.capabilities.categoricals),
            fidelity,
            Budget.of(evaluations, "evaluations"),
            seed,
            info.settings({}),
        )
        self.name = name
        self.milliseconds: list[float] = []
        self._fidelity = fidelity
        self._optimizer: Optimizer = plugins.build_optimizer(info, task)

    def step(self) -> None:
        """One evaluation."""
        number = len(self.milliseconds)
        begun = process_time()
        ask = self._optimizer.ask()
        asked = process_time()
        reached = (ask.fidelity or self._fidelity.maximum) if self._fidelity else None
        value = loss(ask.configuration, reached)
        trial = Trial(number, number, ask.configuration, TrialStatus.DONE, value, reached, ask.bracket, ask.rung)
        evaluated = process_time()
        self._optimizer.tell(trial)
        self.milliseconds.append(1e3 * (process_time() - evaluated + asked - begun))

    def close(self) -> None:
        """Release what it holds."""
        if isinstance(self._optimizer, Closable):
            self._optimizer.close()


@dataclass(frozen=True)
class Ratio:
    """Ours over a peer, medians over the repetitions; minimum and maximum are of the ratio."""

    ours: str
    peer: str
    last: bool
    ours_ms: float
    peer_ms: float
    ratio: float
    minimum: float
    maximum: float
    limit: float

    @property
    def verdict(self) -> str:
        """Against the limit; all repetitions count."""
        if math.isinf(self.limit):
            return "no limit"
        return "kept" if self.ratio <= self.limit else "MISSED"


def compare(comparison: Comparison, names: Sequence[str], repetitions: int) -> list[Ratio]:
    """Ours beside those of its peers that are named in ``names``."""
    window = slice(-LAST, None) if comparison.last else slice(None)
    fidelity = FIDELITY if comparison.fidelity else None
    means: dict[str, list[float]] = {name: [] for name in names}
    for repetition in range(repetitions):
        timed = [Timed(name, EVALUATIONS, fidelity, derive("cost", name, repetition)) for name in names]
        for _ in range(EVALUATIONS):
            for one in timed:
                one.step()
        for one in timed:
            one.close()
            means[one.name].append(statistics.fmean(one.milliseconds[window]))
    mine = means[comparison.ours]
    ratios = []
    for peer, limit in comparison.limits:
        if peer in means:
            each = [ours / theirs for ours, theirs in zip(mine, means[peer], strict=True)]
            middles = statistics.median(mine), statistics.median(means[peer])
            spread = statistics.median(each), min(each), max(each)
            ratios.append(Ratio(comparison.ours, peer, comparison.last, *middles, *spread, limit))
    return ratios


def growth(name: str, largest: int) -> dict[int, float]:
    """Mean milliseconds over the ``LAST`` evaluations before each n; with a fidelity where it can use one."""
    can = peers.find(name).capabilities
    fidelity = FIDELITY if can.multi_fidelity or can.needs_fidelity else None
    timed = Timed(name, largest, fidelity, derive("cost", name, 0))
    for _ in range(largest):
        timed.step()
    timed.close()
    return {n: statistics.fmean(timed.milliseconds[n - LAST : n]) for n in GROWTH if n <= largest}


def available(names: Sequence[str]) -> Iterator[str]:
    """Those that exist and whose libraries are installed; says of the others why they are left out."""
    for name in names:
        try:
            plugins.import_needed(peers.find(name))
        except HpobenchError as error:
            print(f"left out: {str(error).partition('. ')[0]}", file=sys.stderr)
        else:
            yield name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", help="ours, separated by commas; all by default")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--growth", action="store_true", help="the growth table instead of the ratios")
    parser.add_argument("--largest", type=int, default=GROWTH[-1], help="the last n of the growth table")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true")
    form.add_argument("--json", action="store_true")
    given = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    warnings.simplefilter("ignore")  # the libraries' own
    try:
        if given.growth:
            names = chosen(given.pairs, NATIVE, "optimizer")
            _print_growth(names, given.largest, given.markdown, given.json)
        else:
            names = chosen(given.pairs, tuple(c.ours for c in COMPARISONS), "pair")
            _print_ratios([c for c in COMPARISONS if c.ours in names], given.repetitions, given.markdown, given.json)
    except HpobenchError as error:
        sys.exit(str(error))


def _print_ratios(comparisons: list[Comparison], repetitions: int, markdown: bool, as_json: bool) -> None:
    found: list[Ratio] = []
    if markdown:
        print("| ours | peer | over | ours, ms | peer, ms | ratio | min–max | limit | |")
        print("|---|---|---|---|---|---|---|---|---|")
    for comparison in comparisons:
        names = list(available([comparison.ours, *(peer for peer, _ in comparison.limits)]))
        if comparison.ours not in names or len(names) == 1:
            continue
        for r in compare(comparison, names, repetitions):
            found.append(r)
            over = f"{EVALUATIONS - LAST + 1}–{EVALUATIONS}" if r.last else f"1–{EVALUATIONS}"
            limit = "–" if math.isinf(r.limit) else f"{r.limit:.3f}"
            if markdown:
                print(
                    f"| {r.ours} | {r.peer} | {over} | {r.ours_ms:.3f} | {r.peer_ms:.3f} | {r.ratio:.3f} |"
                    f" {r.minimum:.3f}–{r.maximum:.3f} | {limit} | {r.verdict} |",
                    flush=True,
                )
            elif not as_json:
                print(
                    f"{r.ours} {r.ours_ms:.3f} ms, {r.peer} {r.peer_ms:.3f} ms (n = {over}): ratio {r.ratio:.3f}"
                    f" ({r.minimum:.3f} to {r.maximum:.3f}), limit {limit}: {r.verdict}",
                    flush=True,
                )
    if as_json:
        print(json.dumps([asdict(r) | {"limit": None if math.isinf(r.limit) else r.limit} for r in found]))


def _print_growth(names: Sequence[str], largest: int, markdown: bool, as_json: bool) -> None:
    columns = [n for n in GROWTH if n <= largest]
    table: dict[str, dict[int, float]] = {}
    if markdown:
        print("| ms at n = | " + " | ".join(map(str, columns)) + " |")
        print("|---" * (len(columns) + 1) + "|")
    for name in available(names):
        row = table[name] = growth(name, largest)
        if not as_json:
            written = [f"{row[n]:.3f}" for n in columns]
            print(f"| {name} | {' | '.join(written)} |" if markdown else f"{name}: {', '.join(written)}", flush=True)
    if as_json:
        print(json.dumps(table))


if __name__ == "__main__":
    main()

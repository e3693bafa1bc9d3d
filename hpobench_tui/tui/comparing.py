"""Compares experiments, or the optimizers of one, in a process of its own, and says what it found, a line of JSON each.

    python -m hpobench_tui.tui.comparing '{"folders": ["outputs/a", "outputs/b"], "baseline": null, "measure": null}'

So the statistics' libraries stay out of the app, and a key is answered while ten thousand curves are read. Each line is
an object with one key: ``about``, ``read`` ([done, all]), ``compared``, ``ranks``, ``over_budget``, ``solved``; what
cannot be said of these experiments has ``{"why": …}`` in its place. ``error`` ends it.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure

POINTS, FIRST = 80, 1 / 64
"""At how many shares of the budget ranks and solved targets are given, and from which on."""
EVERY = 100
"""Curves between two lines that say how many were read."""


def say(**said: object) -> None:
    """One line, in one piece."""
    print(json.dumps(said, default=float), flush=True)


def contained(work: Callable[[], object]) -> object:
    """What was found, or why there is nothing."""
    try:
        return work()
    except HpobenchError as error:
        return {"why": str(error)}


def compare(folders: Sequence[Path], baseline: str | None, measure: Measure | None) -> None:
    """Say all of it. Two experiments without a baseline are before and after; else all labels against one, by default
    the best.

    Raises:
        HpobenchError: they cannot be read, or not together.
    """
    import numpy as np

    from hpobench_tui.analysis import compare as comparisons
    from hpobench_tui.analysis.curve import Curve, run_curve
    from hpobench_tui.analysis.final import final_table
    from hpobench_tui.analysis.performance import ecdf
    from hpobench_tui.analysis.performance.anytime_stats import sample
    from hpobench_tui.analysis.performance.counting import read_pairs
    from hpobench_tui.analysis.performance.hits import hits_of
    from hpobench_tui.analysis.performance.ranks_over_budget import rank_curves
    from hpobench_tui.analysis.ranks import average_ranks
    from hpobench_tui.analysis.scores import scores
    from hpobench_tui.analysis.statistics.friedman import friedman
    from hpobench_tui.analysis.union import Union
    from hpobench_tui.core.axis import Axis
    from hpobench_tui.store.reader import RunRow

    with Union(folders) as union:
        runs, ends = union.runs(), union.ends()
        found = scores(runs, ends, measure)
        ranking = average_ranks(final_table(runs, ends, measure))

        def against() -> dict[str, Any]:
            if baseline is None and len(folders) == 2:
                pairs = comparisons.pairs_between(found.labels, union.names)
            else:
                best = min(ranking.ranks, key=ranking.ranks.__getitem__) if ranking else found.labels[0]
                pairs = comparisons.pairs_against(found.labels, baseline or best)
            return {"pairs": pairs, **asdict(comparisons.compare(found, pairs))}

        def ranked() -> dict[str, Any]:
            if not ranking:
                raise HpobenchError("no problem has finished runs of two optimizers, so there are no ranks.")
            labels = list(ranking.ranks)
            rows = [found.problems.index(problem) for problem in ranking.problems]
            columns = [found.labels.index(label) for label in labels]
            test = friedman(found.medians()[rows][:, columns], found.tolerances[rows])
            return {
                "labels": labels, "ranks": test.ranks, "groups": test.groups, "n": test.n, "extent": ranking.extent,
                "critical_difference": test.critical_difference, "alpha": test.alpha,
                "p": test.f_p if test.f_p is not None else test.chi2_p,
            }  # fmt: skip

        say(about={"names": union.names, "labels": found.labels, "problems": found.problems, "runs": len(runs),
                   "unfinished": found.unfinished, "failed": found.failed, "notes": union.notes(),
                   "measures": sorted({str(each) for each in found.measures})})  # fmt: skip
        say(compared=contained(against))
        say(ranks=contained(ranked))

        def curves() -> Iterator[tuple[RunRow, Curve]]:
            for number, run in enumerate(runs):
                if number % EVERY == 0:
                    say(read=[number, len(runs)])
                rows = union.progress(run.id, columns=("spent", "incumbent_value"))
                yield run, run_curve(rows, run, Axis.BUDGET, Measure.SIMPLE)

        read = read_pairs(curves())
        say(read=[len(runs), len(runs)])
        shares = np.geomspace(FIRST, 1.0, POINTS)

        def over_budget() -> dict[str, Any]:
            of = [pair for pair in read if pair.granted]
            curve = rank_curves([sample(pair, shares * (pair.granted or 1.0)) for pair in of], marks=shares)
            arrays = {name: getattr(curve, name).tolist() for name in ("marks", "ranks", "low", "high")}
            return {**arrays, "labels": curve.labels, "n": curve.n, "problems": curve.problems, "level": curve.level}

        def solved() -> dict[str, Any]:
            bare = {run.problem for run in runs if run.measure is Measure.INCUMBENT}
            hits = [hits_of(pair) for pair in read if pair.problem not in bare]
            if not hits:
                raise HpobenchError("no reference is known of any of the problems, so there are no targets to reach.")
            bands = ecdf.bands(hits, shares, ecdf.by_granted(hits))
            return {"shares": shares.tolist(), "left_out": sorted(bare),
                    "problems": len({one.problem for one in hits}),
                    "bands": {label: {"y": band.y.tolist(), "low": band.low.tolist(), "high": band.high.tolist(),
                                      "n": band.n} for label, band in bands.items()}}  # fmt: skip

        say(over_budget=contained(over_budget))
        say(solved=contained(solved))


def main() -> None:
    """Read what to compare from the first argument. Standard output is for lines alone, whatever a library prints."""
    sys.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asked = json.loads(sys.argv[1])
    try:
        measure = Measure(asked["measure"]) if asked.get("measure") else None
        compare([Path(folder) for folder in asked["folders"]], asked.get("baseline"), measure)
    except HpobenchError as error:
        say(error=str(error))


if __name__ == "__main__":
    main()

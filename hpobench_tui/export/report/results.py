"""Where the runs ended, and how they got there: the overview's matrix, the problems' tables, and curves."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from hpobench_tui.analysis.columns import equal_within
from hpobench_tui.analysis.equality import ranked
from hpobench_tui.analysis.final import FinalRow, medians_tolerance
from hpobench_tui.analysis.selection import by_problem
from hpobench_tui.analysis.winners import Winners, winners
from hpobench_tui.export.report.sections import Json, Section, Subject
from hpobench_tui.export.report.thinning import thinned, tolerance_for

FIELDS = (
    "median", "lower", "upper", "mean", "found", "best_in_problem", "tied_in_problem", "runs", "finished", "failed",
    "failed_trials", "trials", "spent", "optimizer_ms", "provisional", "note",
)  # fmt: skip
"""Of each row of the final table (``analysis.final.FinalRow``), in full precision."""


def _overview(subject: Subject) -> Mapping[str, Json]:
    rows, found = subject.material.rows, winners(subject.scores)
    ranking = subject.comparison.ranking
    notes = [equal_within(rows)] if rows else []
    if found:
        notes.append(
            f"The winner group of a problem: all that are not shown to be worse than the one with the lowest median, by"
            f" signed-rank tests against it, paired by repetition, level {found[0].alpha:g}, corrected for having"
            " picked the best of so many (min-p by simulation). Failed runs are left out."
        )
    else:
        notes.append("No problem has finished runs of two optimizers: nobody wins.")
    if ranking:
        notes.append(f"Average ranks are {ranking.extent}.")
    return {
        "final": {
            "problem": [subject.problem(row.problem) for row in rows],
            "label": [subject.label(row.label) for row in rows],
            **{name: [getattr(row, name) for row in rows] for name in FIELDS},
            "rank": _ranks(rows),
        },
        "winners": [_winners(subject, one) for one in found],
        "average_ranks": {str(subject.label(label)): rank for label, rank in ranking.ranks.items()},
        "notes": notes,
    }


def _ranks(rows: list[FinalRow]) -> list[Json]:
    """Each row's rank by median among those of its problem that compete; None for one that does not."""
    ranks: dict[tuple[str, str], float] = {}
    for problem, own in by_problem(rows).items():
        competing = [row for row in own if not row.provisional and row.median is not None]
        if len(competing) > 1:
            medians = np.array([row.median for row in competing], dtype=np.float64)
            for row, rank in zip(competing, ranked(medians, medians_tolerance(own)).tolist(), strict=True):
                ranks[problem, row.label] = rank
    return [ranks.get((row.problem, row.label)) for row in rows]


def _winners(subject: Subject, found: Winners) -> Json:
    own = asdict(found) | {"words": found.words, "group": [subject.label(label) for label in found.group]}
    return own | {"problem": None if found.problem is None else subject.problem(found.problem)}


def _curves(subject: Subject) -> Mapping[str, Json]:
    material = subject.material
    every = [band for own in subject.bands.values() for band in own if band.runs]
    tolerance = tolerance_for(every)
    notes = []
    if tolerance:
        notes.append(
            f"Curves are thinned: between two points of a line no value differs by {tolerance:.2g} of it or more."
        )
    return {
        "problems": [
            {
                **thinned([band for band in own if band.runs], tolerance, subject.labels),
                "marks": [[mark.name, mark.value, mark.source] for mark in material.landmarks.get(problem, ())],
            }
            for problem, own in subject.bands.items()
        ],
        "tolerance": tolerance,
        "notes": notes,
    }


OVERVIEW = Section(
    "Overview",
    "Each cell is the median over the repetitions of what the finished runs reached with all their budget; [quartiles]"
    " are over the same runs. While no run of a cell has finished, it is what runs have reached so far, in italics,"
    " which neither wins nor ranks.",
    "Who is in bold is in the winner group of that problem: the experiment does not say who of the group is best, and"
    " whoever is not in it is worse than the best-looking one. A star is for a median lower than all others, a group of"
    " all says that nothing was shown, be it that they are equal or that there are few seeds. Lower is better; a rank"
    " of 1 is best, equal medians share the mean of their ranks. A heading sorts by its column.",
    _overview,
)
CURVES = Section(
    "Curves",
    "Median over the repetitions at each position, with the lower and the upper quartile as a band, as a step function:"
    " a value holds until the next trial that changes it. A line begins where all its runs have a value. Finished runs"
    " count; while there is none, all that have begun, up to where the shortest has come. Failed runs are left out."
    " Values have five significant digits.",
    "The lower line is ahead at that position; where two cross, neither is better for all budgets. The band is the"
    " middle half of the runs, no interval of confidence: bands that overlap do not say that nothing differs (runs are"
    " paired: see the winner groups). On a logarithmic axis a value of 0 leaves the picture at its lower edge.",
    _curves,
)

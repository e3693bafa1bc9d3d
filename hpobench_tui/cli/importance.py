"""Which hyperparameters of a problem matter, as tables (``hpobench show EXPERIMENT --importance PROBLEM``)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpobench_tui.analysis.source import Source

BAR = 10
"""Characters of a bar that stands for 1."""
LEAST_SHARE = 0.005
"""Of a pair, to be in the table; JSON has smaller ones too."""


def importance_of(source: "Source", problem: str) -> dict[str, Any]:
    """The importance of a problem's hyperparameters over all its trials in a store, or in several, for JSON.

    Args:
        problem: Its id, or another name of an equal problem.

    Raises:
        HpobenchError: there is no such problem, its trials are too few or all have one loss, or nothing varies.
    """
    from dataclasses import asdict

    from hpobench_tui.analysis.importance import HOW_TO_READ, importance, read
    from hpobench_tui.core.errors import HpobenchError

    evidence = read(source, _own_name(source, problem))
    try:
        found = importance(evidence.configurations, evidence.losses, evidence.runs)
    except HpobenchError as error:
        raise HpobenchError(f"{evidence.problem}: {error}") from error
    return {
        "problem": evidence.problem,
        "trials": found.n,
        "of": evidence.trials,
        "runs": len(set(evidence.runs.tolist())),
        "best": found.best,
        "fidelity": evidence.fidelity,
        "noise_free": evidence.noise_free,
        "failed": evidence.failed,
        "level": found.level,
        "drawn": found.drawn,
        "sum": found.total,
        "hyperparameters": [asdict(share) for share in found.shares],
        "pairs": [asdict(pair) for pair in found.pairs],
        "notes": [*evidence.notes, *found.notes],
        "how_to_read": HOW_TO_READ,
    }


def print_importance(found: Mapping[str, Any]) -> None:
    """As tables."""
    from hpobench_tui.cli.output import print_lines, print_table

    notes = list(found["notes"])
    percent = f"{found['level']:.0%}"
    print_table(
        ("hyperparameter", "importance", "", percent, "of the best", "alone", "n"),
        [
            (one["name"], f"{one['importance']:.3f}", _bar(one["importance"]), _between(one["low"], one["high"]),
             f"{one['of_best']:.3f}", f"{one['alone']:.3f}", one["n"])
            for one in found["hyperparameters"]
        ],
        f"{found['problem']}: what distinguishes the best {found['best']} of {found['trials']} trials",
        right=(1, 3, 4, 5, 6),
    )  # fmt: skip
    if pairs := [pair for pair in found["pairs"] if pair["share"] >= LEAST_SHARE]:
        print_table(
            ("pair", "share", "", percent, "n"),
            [
                (f"{one['one']} × {one['other']}", f"{one['share']:.3f}", _bar(one["share"]),
                 _between(one["low"], one["high"]), one["n"])
                for one in pairs
            ],
            "what pairs explain of all losses, beyond both alone",
            right=(1, 3, 4),
        )  # fmt: skip
    elif len(found["hyperparameters"]) > 1:
        notes.append(f"no pair explains {LEAST_SHARE} or more of all losses beyond both alone")
    print_lines([*notes, f"intervals: bootstrap over {found['drawn']}", found["how_to_read"]])


def _own_name(source: "Source", problem: str) -> str:
    """The name under which the experiment has a problem."""
    from hpobench_tui import plugins
    from hpobench_tui.core.errors import HpobenchError

    if any(run.problem == problem for run in source.runs()):
        return problem
    try:
        return plugins.problems()[problem].id
    except HpobenchError:  # of a plug-in that is not here: the experiment says which problems it has
        return problem


def _bar(share: float) -> str:
    return "█" * round(share * BAR)


def _between(low: float, high: float) -> str:
    return f"{low:.3f}-{high:.3f}"

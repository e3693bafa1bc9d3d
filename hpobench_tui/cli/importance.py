"""Which hyperparameters of a problem matter, as tables (``hpobench show EXPERIMENT --importance PROBLEM``)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpobench_tui.analysis.source import Source

BAR = 20
"""Characters of a bar that stands for 1."""
LEAST_SHARE = 0.005
"""Of a pair, to be in the table; JSON has smaller ones too."""


def print_importance(source: "Source", problem: str, as_json: bool = False) -> None:
    """Print the importance of a problem's hyperparameters over all its trials in a store, or in several.

    Args:
        problem: Its id, or another name of an equal problem.

    Raises:
        HpobenchError: there is no such problem, its trials are too few or all have one loss, or nothing varies.
    """
    from dataclasses import asdict

    from hpobench_tui.analysis.importance import HOW_TO_READ, importance, read
    from hpobench_tui.cli.output import print_json, print_lines, print_table

    evidence = read(source, _own_name(source, problem))
    found = importance(evidence.configurations, evidence.losses, evidence.runs)
    notes = [*evidence.notes, *found.notes]
    if as_json:
        print_json(
            {
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
                "notes": notes,
                "how_to_read": HOW_TO_READ,
            }
        )
        return
    percent = f"{found.level:.0%}"
    print_table(
        ("hyperparameter", "importance", "", percent, "of the best", "alone", "n"),
        [
            (one.name, f"{one.importance:.3f}", _bar(one.importance), _between(one.low, one.high),
             f"{one.of_best:.3f}", f"{one.alone:.3f}", one.n)
            for one in found.shares
        ],
        f"{evidence.problem}: what distinguishes the best {found.best} of {found.n} trials",
        right=(1, 3, 4, 5, 6),
    )  # fmt: skip
    if pairs := [pair for pair in found.pairs if pair.share >= LEAST_SHARE]:
        print_table(
            ("pair", "share", "", percent, "n"),
            [
                (f"{one.one} × {one.other}", f"{one.share:.3f}", _bar(one.share), _between(one.low, one.high), one.n)
                for one in pairs
            ],
            "what pairs explain of all losses, beyond both alone",
            right=(1, 3, 4),
        )
    elif len(found.shares) > 1:
        notes.append(f"no pair explains {LEAST_SHARE} or more of all losses beyond both alone")
    print_lines([*notes, f"intervals: bootstrap over {found.drawn}", HOW_TO_READ])


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

"""What is looked at trial by trial: how brackets were filled, which hyperparameters matter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from hpobench_tui.analysis import brackets
from hpobench_tui.analysis.brackets import BracketFill
from hpobench_tui.analysis.importance import HOW_TO_READ, importance, read
from hpobench_tui.analysis.selection import by_label
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.report.sections import Json, Section, Subject
from hpobench_tui.export.report.thinning import number
from hpobench_tui.store.reader import RunRow

MOST_BRACKETS = 24
"""Of a run, where no plan says which belong together."""
MOST_RUNGS = 6000
"""In the report; some 40 bytes each."""
MOST_NAMES, LEAST_SHARE = 30, 0.005
"""Hyperparameters of a problem, and the share of a pair, that are shown."""


def _brackets(subject: Subject) -> Mapping[str, Json]:
    rows: list[Json] = []
    rungs = left = 0
    for runs in subject.groups.values():
        for own in by_label(runs).values():
            run = next((one for one in own if one.trials), own[0])
            if not run.trials or not (run.plan or run.fidelity):
                continue
            if rungs >= MOST_RUNGS:
                left += 1
                continue
            trials = subject.material.source.trials(run.id, columns=brackets.COLUMNS)
            filled = brackets.fill(run, trials, most=MOST_BRACKETS)
            if filled:
                rungs += sum(len(bracket.rungs) for bracket in filled)
                rows.append(_filled(subject, run, len(trials), filled))
    if not rows:
        raise HpobenchError("No optimizer sorted its trials into brackets.")
    notes = (
        [f"{left} more pairs of problem and optimizer are not looked at, as the file would grow large."] if left else []
    )
    return {"rows": rows, "notes": notes}


def _filled(subject: Subject, run: RunRow, recorded: int, filled: Sequence[BracketFill]) -> Json:
    return {
        "problem": subject.problem(run.problem),
        "label": subject.label(run.label),
        "repetition": run.repetition,
        "trials": run.trials,
        "recorded": recorded,
        "cycle": filled[0].bracket // len(run.plan) if run.plan else None,
        "unit": run.fidelity or "evaluations",
        "brackets": list(map(_bracket, filled)),
    }


def _bracket(filled: BracketFill) -> Json:
    return {"number": filled.bracket, "s": filled.s, "rungs": [asdict(rung) for rung in filled.rungs]}


def _importance(subject: Subject) -> Mapping[str, Json]:
    rows = [{"problem": place, **_importance_of(subject, problem)} for problem, place in subject.problems.items()]
    return {"rows": rows, "notes": []}


def _importance_of(subject: Subject, problem: str) -> Mapping[str, Json]:
    try:
        evidence = read(subject.material.source, problem)
        found = importance(evidence.configurations, evidence.losses, evidence.runs)
    except HpobenchError as error:
        return {"why": str(error)}
    notes = [*evidence.notes, *found.notes, f"intervals: bootstrap over {found.drawn}"]
    if (more := len(found.shares) - MOST_NAMES) > 0:
        notes.append(f"the {MOST_NAMES} most important of {len(found.shares)} hyperparameters, {more} are not shown")
    return {
        "n": found.n,
        "best": found.best,
        "level": found.level,
        "shares": [_short(asdict(share)) for share in found.shares[:MOST_NAMES]],
        "pairs": [_short(asdict(pair)) for pair in found.pairs if pair.share >= LEAST_SHARE],
        "notes": notes,
    }


def _short(cells: Mapping[str, object]) -> Json:
    return dict(_shortened(cells))


def _shortened(cells: Mapping[str, object]) -> Iterator[tuple[str, Json]]:
    for name, cell in cells.items():
        if isinstance(cell, float):
            yield name, number(cell)
        elif isinstance(cell, int | str):
            yield name, cell


BRACKETS = Section(
    "Brackets",
    "Successive halving: a rung trains its configurations to its fidelity, the best of them go up to the next rung, the"
    " others stop. Shown is the first repetition that has trials; of a plan that is gone through again and again the"
    " latest cycle.",
    "A bar is as long as the rung has trials to come to, its filled part are those that ended. Cut: stopped below what"
    " was asked for, by the optimizer or by the budget's end. Best and median are losses in the rung: those of low"
    " fidelities need not rank configurations as full ones do.",
    _brackets,
)
IMPORTANCE = Section(
    "Importance of hyperparameters",
    "Over all trials of a problem at its highest fidelity, of all optimizers and repetitions: what distinguishes the"
    " best of them (condPED-ANOVA), and what the losses of all depend on (functional ANOVA).",
    HOW_TO_READ.removeprefix("How to read it: "),
    _importance,
)

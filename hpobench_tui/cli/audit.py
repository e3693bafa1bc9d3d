"""``hpobench audit``: proof that budgets were kept, and that the store holds what was written."""

from typing import TYPE_CHECKING

import typer

from hpobench_tui.cli import options
from hpobench_tui.core.describe import kind_of

if TYPE_CHECKING:
    from hpobench_tui.analysis.audit import AuditRow

FAILED = "the run failed: "
UNSEALED = "no digests, as an earlier version wrote this store: that nothing was changed since is not proven"


def audit(experiment: options.Experiment, output: options.Root = None, as_json: options.Json = False) -> None:
    """Check every run: the sum of its trials' cost equals its ledger and never exceeds the budget.

    Each trial's cost is worked out anew from what was recorded of it, and so are the run's sums and incumbents; digests
    that were written with them tell whatever was changed since. Exit code 1 if anything does not hold.
    """
    from dataclasses import asdict

    from hpobench_tui.analysis.audit import audit as audit_store
    from hpobench_tui.analysis.selection import by_problem
    from hpobench_tui.cli.output import print_json, print_table
    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.store.reader import Reader

    folder = options.folder_of(experiment, output)
    with Reader(folder) as reader:
        rows, row = audit_store(reader), reader.experiment()
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        told: dict[str, str] = {}
        for problem, own in by_problem(rows).items():
            print_table(
                ("optimizer", "rep", "sum of trials", "ledger", "budget", ""),
                [(r.label, r.repetition, r.trial_cost, r.ledger, r.budget, verdict(r, told)) for r in own],
                f"{problem}, in {own[0].quanta}",
                right=(1, 2, 3, 4),
            )
        broken = sum(not r.holds for r in rows)
        so_far = sum(not r.ended for r in rows)
        print(
            f"{len(rows) - broken} of {len(rows)} runs kept their budget exactly"
            + (f", {so_far} of them so far: they have not ended" if so_far else "")
            + (f"; {broken} DID NOT" if broken else "")
        )
        if reason := lifecycle.reason(folder, row):
            print(f"the experiment is interrupted: {reason}")
        if not all(r.sealed for r in rows):
            print(UNSEALED)
        if broken:
            print(f"`hpobench repair {experiment}` saves the runs that hold")
    if not all(r.holds for r in rows):
        raise typer.Exit(1)


def verdict(row: "AuditRow", told: dict[str, str]) -> str:
    """✓ alone where all three are equal.

    Args:
        told: Which run failed for a kind of reason first; the others refer to it.
    """
    if row.trial_cost == row.ledger == row.budget and row.holds:
        return "✓"
    text, failed, reason = row.text.partition(FAILED)
    if failed:
        own = f"{row.label} on {row.problem}, repetition {row.repetition}"
        first = told.setdefault(kind_of(reason), own)
        text += f"{failed}{reason}" if first == own else f"the run failed like {first}"
    return f"{'✓' if row.holds else '✗'} {text}"

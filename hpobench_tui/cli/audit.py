"""``hpobench audit``: proof that budgets were kept, and that the store holds what was written."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hpobench_tui.cli import options
from hpobench_tui.core.describe import kind_of

if TYPE_CHECKING:
    from hpobench_tui.analysis.audit import AuditRow

FAILED = "the run failed: "
NOTHING_TOLD = 4
"""Exit code where something was imported, so that nothing can be said of it, and nothing else is wrong."""
UNSEALED = "no digests, as an earlier version wrote this store: that nothing was changed since is not proven"


def audit(
    experiments: options.Experiments,
    problems: options.Problems = None,
    optimizers: options.Optimizers = None,
    repetitions: options.Repetitions = None,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Check every run: the sum of its trials' cost equals its ledger and never exceeds the budget.

    Each trial's cost is worked out anew from what was recorded of it, and so are the run's sums and incumbents; digests
    that were written with them tell whatever was changed since. Exit code 1 if anything does not hold. Of what was
    imported only the latter can be told; exit code 4 if that is all that could be wrong.
    """
    from dataclasses import asdict

    from hpobench_tui.analysis.audit import audit as audit_store
    from hpobench_tui.cli.output import print_json
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.store.reader import Reader

    chosen = options.filters(problems, optimizers, repetitions)
    entries: list[dict[str, object]] = []
    audited = hold = told = True
    for folder in options.folders_of(experiments, output):
        with Reader(folder) as reader:
            rows, row, imported = audit_store(reader, chosen), reader.experiment(), reader.imported
        audited = audited and bool(rows)
        hold = hold and not any(r.holds is False for r in rows)
        told = told and imported is None
        if as_json:
            entries += [({"experiment": folder.name} if len(experiments) > 1 else {}) | asdict(row) for row in rows]
        else:
            reason = str(imported) if imported else lifecycle.reason(folder, row)
            _print(folder, rows, reason, len(experiments) > 1, imported is not None)
    if not audited:
        raise HpobenchError("no run passes these filters, so nothing was audited.")
    if as_json:
        print_json(entries)
    if not (hold and told):
        raise typer.Exit(NOTHING_TOLD if hold else 1)


def _print(folder: Path, rows: "Sequence[AuditRow]", reason: str | None, named: bool, imported: bool) -> None:
    """``reason``: why it is interrupted, or where it was imported from."""
    from hpobench_tui.analysis.selection import by_problem
    from hpobench_tui.cli.output import print_line, print_table

    if named:
        print_line(f"{folder}:")
    told: dict[str, str] = {}
    for problem, own in by_problem(rows).items():
        print_table(
            ("optimizer", "rep", "sum of trials", "ledger", "budget", ""),
            [(r.label, r.repetition, r.trial_cost, r.ledger, r.budget, verdict(r, told)) for r in own],
            f"{problem}, in {own[0].quanta}",
            right=(1, 2, 3, 4),
        )
    broken = sum(r.holds is False for r in rows)
    if imported and reason:
        print_line(f"{reason}; {f'{broken} of {len(rows)} runs' if broken else 'none'} changed since it was read")
        return
    so_far = sum(not r.ended for r in rows)
    print(
        f"{len(rows) - broken} of {len(rows)} runs kept their budget exactly"
        + (f", {so_far} of them so far: they have not ended" if so_far else "")
        + (f"; {broken} DID NOT" if broken else "")
    )
    if reason:
        print(f"the experiment is interrupted: {reason}")
    if not all(r.sealed for r in rows):
        print(UNSEALED)
    if broken:
        print_line(f"`hpobench repair {folder}` saves the runs that hold")


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
    return f"{'–' if row.holds is None else '✓' if row.holds else '✗'} {text}"

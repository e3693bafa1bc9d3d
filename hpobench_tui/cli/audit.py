"""``hpobench audit``: proof that budgets were kept."""

import typer

from hpobench_tui.cli import options


def audit(experiment: options.Experiment, output: options.Root = None, as_json: options.Json = False) -> None:
    """Check every run: the sum of its trials' cost equals its ledger and never exceeds the budget.

    Each trial's cost is worked out anew from what was recorded of it. Exit code 1 if anything does not hold.
    """
    from dataclasses import asdict

    from hpobench_tui.analysis.audit import audit as audit_store
    from hpobench_tui.cli.output import print_json, print_table
    from hpobench_tui.store.reader import Reader

    with Reader(options.folder_of(experiment, output)) as reader:
        rows = audit_store(reader)
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        print_table(
            ("problem", "optimizer", "rep", "unit", "sum of trials", "ledger", "budget", "", ""),
            [
                (
                    r.problem,
                    r.label,
                    r.repetition,
                    r.unit,
                    r.trial_cost,
                    r.ledger,
                    r.budget,
                    "✓" if r.holds else "✗",
                    r.text,
                )
                for r in rows
            ],
            right=(2, 4, 5, 6),
        )
        broken = sum(not r.holds for r in rows)
        print(
            f"{len(rows) - broken} of {len(rows)} runs kept their budget exactly"
            + (f"; {broken} DID NOT" if broken else "")
        )
    if not all(r.holds for r in rows):
        raise typer.Exit(1)


def mark(holds: bool) -> str:
    return "✓" if holds else "✗"

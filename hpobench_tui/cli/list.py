"""``hpobench list``: the experiments there are."""

import time
from typing import Any

from hpobench_tui.cli import options


def list_experiments(output: options.Root = None, as_json: options.Json = False) -> None:
    """List experiments, newest first."""
    from hpobench_tui.cli.output import duration, print_json, print_line, print_lines, print_table
    from hpobench_tui.core.errors import HpobenchError
    from hpobench_tui.core.status import RunStatus
    from hpobench_tui.engine.front import lifecycle
    from hpobench_tui.store.reader import Reader

    root = output or lifecycle.outputs_root()
    rows: list[dict[str, Any]] = []
    for folder in lifecycle.inside(root):
        try:
            with Reader(folder) as reader:
                row, runs, imported = reader.experiment(), reader.runs(), reader.imported
        except HpobenchError as error:
            rows.append({"experiment": folder.name, "status": "unreadable", "error": " ".join(str(error).split())})
            continue
        rows.append(
            {
                "experiment": folder.name,
                "status": lifecycle.status(folder, row),
                "imported": imported and imported.format,
                "reason": lifecycle.reason(folder, row),
                "runs": len(runs),
                "ended": sum(r.ended for r in runs),
                "failed": sum(r.status is RunStatus.FAILED for r in runs),
                "trials": sum(r.trials for r in runs),
                "seconds": row.seconds,
                "created": row.created,
            }
        )
    if as_json:
        print_json(rows)
        return
    if not rows:
        print_line(f"no experiments in {root} yet; try `hpobench run quick`")
        return
    print_table(
        ("experiment", "status", "runs", "failed", "trials", "time", "created"),
        [
            (
                r["experiment"],
                f"imported ({r['imported']})" if r["imported"] else r["status"],
                f"{r['ended']}/{r['runs']}",
                r["failed"],
                r["trials"],
                duration(r["seconds"]),
                time.strftime("%m-%d %H:%M", time.localtime(r["created"])),
            )
            if "runs" in r
            else (r["experiment"], r["error"], "", "", "", "", "")
            for r in rows
        ],
        right=(2, 3, 4, 5),
    )
    print_lines(f"{r['experiment']} was interrupted: {r['reason']}" for r in rows if r.get("reason"))

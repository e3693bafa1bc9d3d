"""``hpobench errors``: why runs and trials failed."""

import sys
from dataclasses import asdict

from hpobench_tui.cli import options


def errors(
    experiments: options.Experiments = options.LATEST,
    problems: options.Problems = None,
    optimizers: options.Optimizers = None,
    repetitions: options.Repetitions = None,
    at: options.At = None,
    pool: options.Pool = False,
    output: options.Root = None,
    as_json: options.Json = False,
) -> None:
    """Show why runs and trials failed: each kind of reason once, with how often it came up and its traceback."""
    from hpobench_tui.analysis.failures import reasons
    from hpobench_tui.cli.output import print_entries, print_json, print_line

    with options.union(experiments, output, problems, optimizers, repetitions, at, pool) as reader:
        found = reasons(reader)
        name = reader.name
        for each in reader.readers:
            if changed := each.remark(whole=False):
                print(changed, file=sys.stderr)
    if as_json:
        print_json([asdict(reason) for reason in found])
        return
    if not found:
        print_line(f"{name}: nothing failed")
    print_entries((reason.short, [reason.how_often, *reason.whole.splitlines()]) for reason in found)

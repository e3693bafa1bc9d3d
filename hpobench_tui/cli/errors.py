"""``hpobench errors``: why runs and trials failed."""

import sys
from dataclasses import asdict, dataclass

from hpobench_tui.cli import options


@dataclass
class Reason:
    """One kind of reason: how often it came up, where first, and what it says in short and in full."""

    runs: int
    trials: int
    where: str
    short: str
    whole: str


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
    from hpobench_tui.cli.output import print_entries, print_json, print_line
    from hpobench_tui.core.describe import kind_of

    reasons: dict[str, Reason] = {}
    with options.union(experiments, output, problems, optimizers, repetitions, at, pool) as reader:
        names = {run.id: f"{run.label} on {run.problem}, repetition {run.repetition}" for run in reader.runs()}
        for run, trial, text in reader.failures():
            short, _, whole = text.partition("\n")
            where = names[run] if trial is None else f"{names[run]}, trial {trial}"
            reason = reasons.setdefault(kind_of(short), Reason(0, 0, where, short, whole))
            reason.whole = reason.whole or whole
            if trial is None:
                reason.runs += 1
            else:
                reason.trials += 1
        name = reader.name
        for each in reader.readers:
            if changed := each.remark(whole=False):
                print(changed, file=sys.stderr)
    if as_json:
        print_json([asdict(reason) for reason in reasons.values()])
        return
    if not reasons:
        print_line(f"{name}: nothing failed")
    print_entries((reason.short, [_how_often(reason), *reason.whole.splitlines()]) for reason in reasons.values())


def _how_often(reason: Reason) -> str:
    counts = [f"{n} {what}{'s' * (n != 1)}" for n, what in ((reason.runs, "run"), (reason.trials, "trial")) if n]
    return f"{' and '.join(counts)}, first {reason.where}"

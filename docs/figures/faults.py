"""Provokes every fault and writes down what was observed: ``python docs/figures/faults.py`` (minutes; Linux).

``--only WORD`` plays those alone that have it in their name, and prints instead of writing.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # the benchmarks are not installed

from benchmarks import faults  # noqa: E402
from benchmarks.faults import toys  # noqa: E402
from benchmarks.faults.stage import Observed, Stage  # noqa: E402
from benchmarks.kills import toys as standing  # noqa: E402
from benchmarks.kills.scene import plugged_in  # noqa: E402

FILE = ROOT / "docs" / "faults.md"
HEAD = """\
# Faults

What becomes of an experiment when something goes wrong. `python docs/figures/faults.py` makes this page: it really
provokes each fault, in an experiment of two runs, and writes down what it sees. *Shown* is what the program says of it
(the last line that it prints, else the reasons in the store and the warnings in its log), *code* its exit code, *lost*
what of the results is missing, failed, or other than in an undisturbed run when it has ended, *resume* the exit code
of `hpobench resume` and what is lost after it. What SIGKILL does at each phase, `python -m benchmarks.kills` says
([benchmarks/README.md](../benchmarks/README.md)).
"""


def observations(only: str, jobs: int) -> Iterator[tuple[str, str, Observed]]:
    """Group, name and outcome of each fault with that word in its name, so many at a time."""
    chosen = [
        (group, name, play) for group, named in faults.FAULTS.items() for name, play in named.items() if only in name
    ]
    with tempfile.TemporaryDirectory() as temporary, plugged_in(Path(temporary, "site"), toys, standing):

        def played(number: int) -> tuple[str, str, Observed]:
            group, name, play = chosen[number]
            stage = Stage(Path(temporary, str(number)))
            try:
                return group, name, play(stage)
            finally:
                stage.clear()

        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(played, range(len(chosen)))


def made(found: Mapping[tuple[str, str], Observed]) -> str:
    """The whole page."""
    parts = [HEAD]
    for group, named in faults.FAULTS.items():
        parts += [f"## {group}", "", "| fault | shown | code | lost | resume |", "|---|---|---|---|---|"]
        for name in named:
            seen = found[group, name]
            cells = (name, seen.shown, seen.code, seen.lost, seen.resumed)
            parts.append(f"| {' | '.join(map(_escaped, cells))} |")
        parts.append("")
    return "\n".join(parts)


def _escaped(text: str) -> str:
    for mark in ("\\", "|", "*", "_", "`", "<", "["):
        text = text.replace(mark, f"\\{mark}")
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="faults at a time")
    given = parser.parse_args()
    total = sum(given.only in name for named in faults.FAULTS.values() for name in named)
    found, started = {}, time.monotonic()
    for group, name, seen in observations(given.only, given.jobs):
        found[group, name] = seen
        left = (time.monotonic() - started) / len(found) * (total - len(found))
        print(f"[{len(found)}/{total}, {left:.0f} s to go] {name}: {seen}", file=sys.stderr, flush=True)
    if not given.only:
        FILE.write_text(made(found), encoding="utf-8")


if __name__ == "__main__":
    main()

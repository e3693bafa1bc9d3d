"""Experiments under faults for so many minutes; a report at the end, exit code 1 if anything is not as promised.

python -m benchmarks.soak [--minutes 30] [--seed 7] [--lanes 2] [--only plain,parts] [--keep DIR] [--json]
"""

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.faults import toys as broken
from benchmarks.kills import toys as standing
from benchmarks.kills.scene import Contents, plugged_in, shared_memory
from benchmarks.quality.sets import chosen
from benchmarks.soak import long, plays, toys
from benchmarks.soak.acts import Wrong
from benchmarks.soak.plays import KINDS, Outcome
from hpobench_tui.core.errors import HpobenchError

LINE = 10.0
"""Seconds between two lines for people."""
SHARED = ("psm_", "sem.", "pym-")
"""How blocks of shared memory and semaphores of Python's begin: others have files of theirs there."""
SAMPLE, DISTURB = 1.0, (3.0, 9.0)
"""Seconds between two looks at the long experiment's supervisor, and between two things that are done to it."""


@dataclass
class Soak:
    """All that has happened so far."""

    seed: int
    outcomes: list[Outcome] = field(default_factory=list)
    lasting: long.Long | None = None
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def acts(self) -> Counter[str]:
        done = Counter(act for outcome in self.outcomes for act in outcome.done)
        return done + Counter(self.lasting.done if self.lasting else ())

    @property
    def faults(self) -> list[str]:
        """All that is wrong, a line each."""
        own = [f"{o.kind}, {o.way}, after {', '.join(o.done)}: {line}" for o in self.outcomes for line in o.wrong]
        return [
            *own,
            *(f"the long experiment: {line}" for line in (self.lasting.wrong if self.lasting else ())),
            *self.wrong,
        ]

    def line(self) -> str:
        """Where it stands."""
        held, trials = "-", 0
        if self.lasting and self.lasting.samples:
            last, trials = self.lasting.samples[-1], self.lasting.trials
            held = f"{last.megabytes:.1f} MB, {last.files} files"
        return (
            f"{self.seconds:5.0f} s: {len(self.outcomes)} experiments, {sum(o.resumes for o in self.outcomes)} resumes,"
            f" {sum(self.acts.values())} acts, {len(self.faults)} faults; long: {trials} trials, {held}"
        )


def soak(minutes: float, seed: int, lanes: int, kinds: Sequence[str], root: Path) -> Soak:
    """Let it go on for so many minutes, and end it."""
    found, before = Soak(seed), shared_memory()
    wholes: dict[str, Contents] = {}
    for kind in kinds:
        try:
            wholes[kind] = plays.undisturbed(kind, root / f"undisturbed-{kind.replace(' ', '-')}")
        except (Wrong, HpobenchError) as error:
            found.wrong.append(f"undisturbed, {kind}: {error}")
    started = time.monotonic()
    until = started + 60 * minutes
    found.lasting = long.Long(root / "long", 60 * minutes, random.Random(f"{seed} long"))
    threads = [
        threading.Thread(target=_lane, args=(found, lane, wholes, root / f"lane{lane}", until)) for lane in range(lanes)
    ]
    try:
        found.lasting.launch()
        for thread in threads if wholes else ():
            thread.start()
        disturber = threading.Thread(target=_disturb, args=(found.lasting, until))
        disturber.start()
        told = started
        while time.monotonic() < until:
            time.sleep(min(SAMPLE, max(0.0, until - time.monotonic())))
            found.seconds = time.monotonic() - started
            found.lasting.sample()
            if time.monotonic() - told >= LINE:
                told = time.monotonic()
                print(found.line(), file=sys.stderr, flush=True)
        disturber.join()
    except (Wrong, HpobenchError) as error:
        found.wrong.append(f"the long experiment: {error}")
    finally:
        for thread in threads:
            if thread.ident is not None:
                thread.join()
        if hasattr(found.lasting, "place"):
            found.lasting.end()
    found.seconds = time.monotonic() - started
    ours = (name for name, held in shared_memory().items() if name.startswith(SHARED) and not held)
    if more := sorted(set(ours) - before.keys()):
        found.wrong.append(f"left in shared memory: {more[:5]}")
    return found


def _lane(found: Soak, lane: int, wholes: dict[str, Contents], root: Path, until: float) -> None:
    """One experiment after the other."""
    chance, number = random.Random(f"{found.seed} {lane}"), 0
    while time.monotonic() < until:
        kind, own = chance.choice(list(wholes)), chance.randrange(2**32)
        outcome = plays.played(kind, wholes[kind], root / str(number), own, until)
        found.outcomes.append(outcome)
        for line in outcome.wrong:
            done = ", ".join(outcome.done)
            print(f"WRONG ({kind}, {outcome.way}, seed {own}, {done}): {line}", file=sys.stderr, flush=True)
        number += 1


def _disturb(of: long.Long, until: float) -> None:
    while (pause := of.chance.uniform(*DISTURB)) < until - time.monotonic():
        time.sleep(pause)
        of.disturb()


def report(found: Soak) -> str:
    """What was done, what was held, and what was wrong, as Markdown."""
    lines = [
        f"{found.seconds / 60:.1f} minutes, seed {found.seed}: {len(found.outcomes)} experiments,"
        f" {sum(o.resumes for o in found.outcomes)} resumes, {sum(found.acts.values())} acts",
        "", "| act | times |", "|---|---|", *(f"| {act} | {count} |" for act, count in found.acts.most_common()),
        "", "| experiment | whole | parts | extended | not as undisturbed |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for kind in KINDS:
        own = [o for o in found.outcomes if o.kind == kind]
        counts = [sum(o.way == way for o in own) for way in ("whole", "parts", "extended")]
        lines.append(f"| {kind} | {' | '.join(map(str, counts))} | {sum(bool(o.wrong) for o in own)} |")
    if found.lasting and found.lasting.samples:
        held = long.windows(found.lasting.samples)
        files = [sample.files for sample in found.lasting.samples]
        opened = f"{min(files)} to {max(files)} files open"
        lines += [
            "",
            f"The long experiment: {found.lasting.trials:,} trials. Its supervisor held {min(held):.1f} to"
            f" {max(held):.1f} MB after the warm-up (at first {held[0]:.1f}), and had {opened}.",
        ]
    return "\n".join([*lines, "", *(f"WRONG: {fault}" for fault in found.faults or ["nothing"])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, help="another one each time unless given")
    parser.add_argument("--lanes", type=int, default=len(os.sched_getaffinity(0)), help="short experiments at a time")
    parser.add_argument("--only", help="kinds of experiments, separated by commas; all by default")
    parser.add_argument("--keep", type=Path, help="where the folders of what went wrong stay")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    seed = random.randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="soak-") as temporary:
        root = (given.keep or Path(temporary)).resolve()
        with plugged_in(Path(temporary, "site"), standing, broken, toys):
            try:
                found = soak(given.minutes, seed, given.lanes, chosen(given.only, tuple(KINDS), "kind"), root)
            except HpobenchError as error:
                parser.exit(2, f"{error}\n")
    if given.json:
        samples = [asdict(sample) for sample in found.lasting.samples] if found.lasting else []
        said = {"seed": seed, "seconds": found.seconds, "outcomes": [asdict(o) for o in found.outcomes],
                "acts": found.acts, "samples": samples, "wrong": found.faults}  # fmt: skip
        print(json.dumps(said))
    else:
        print(report(found))
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()

"""Feed targets with inputs until so many, or so many minutes each, are over; exit code 1 if any of them fails.

python -m benchmarks.fuzz [TARGET …] [--inputs 100000] [--minutes 10] [--seed 7] [--failures DIR] [--json]
python -m benchmarks.fuzz TARGET --again FILE      feeds that file alone, and shows what comes of it
"""

import argparse
import random
import sys
import tempfile
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import cast

from benchmarks.fuzz import driver
from benchmarks.fuzz.driver import Failure, Tally, Target

TARGETS = ("specs", "options", "stores", "rows", "imports", "tables", "journals", "messages", "lines", "keys")
SHOWN = 12
"""Lines of a failure's text that are shown; the file beside its input has all."""


def target(name: str) -> Target:
    """The target of that name."""
    return cast(Target, import_module(f"{__package__}.{name}"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all by default")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, help="another one each time unless given")
    parser.add_argument("--failures", type=Path, default=Path("outputs/fuzz"), help="where they are kept")
    parser.add_argument("--again", type=Path, metavar="FILE", help="feed one input, and show what comes of it")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if unknown := [name for name in given.targets if name not in TARGETS]:
        parser.error(f"unknown target {unknown[0]!r}; there are {', '.join(TARGETS)}")
    if given.again:
        if len(given.targets) != 1:
            parser.error("--again feeds one target: name it")
        again(target(given.targets[0]), given.again)
        return
    seed = random.randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}", file=sys.stderr)
    tallies = {}
    for name in given.targets or TARGETS:
        kept: list[Failure] = []

        def tell(tally: Tally, name: str = name, kept: list[Failure] = kept) -> None:
            """A line, and the first of each kind of failure as soon as it is there."""
            _tell(name, tally)
            for failure in tally.failures[len(kept) :]:
                keep(name, failure, given.failures)
                kept.append(failure)

        tallies[name] = driver.drive(target(name), given.inputs, given.minutes, seed, tell)
        tell(tallies[name])
    print(driver.as_json(tallies) if given.json else table(tallies))
    sys.exit(any(tally.kinds for tally in tallies.values()))


def keep(name: str, failure: Failure, folder: Path) -> None:
    """A file that fails again by itself, one beside it that says why, and a few lines of that."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{name}-{sha256(failure.data).hexdigest()[:10]}"
    stem.with_suffix(target(name).ENDING).write_bytes(failure.data)
    stem.with_suffix(".why").write_text(failure.text)
    print(f"FAILED: {failure.kind}", *failure.text.splitlines()[-SHOWN:], sep="\n    ")
    print(f"    python -m benchmarks.fuzz {name} --again {stem.with_suffix(target(name).ENDING)}", flush=True)


def again(own: Target, file: Path) -> None:
    """Feed one input in this process."""
    with tempfile.TemporaryDirectory() as temporary:
        seeds, place = Path(temporary, "seeds"), Path(temporary, "place")
        seeds.mkdir()
        place.mkdir()
        own.seeds(seeds)
        fed = own.feed(file.read_bytes(), place)
    print(f"{own.DEPTHS[fed.depth]}: {fed.said}")


def _tell(name: str, tally: Tally) -> None:
    line = f"{name}: {tally.inputs:,} inputs, {tally.deep:.0%} deep, {sum(tally.kinds.values())} failures"
    print(f"{line} of {len(tally.kinds)} kinds", file=sys.stderr, flush=True)


def table(tallies: dict[str, Tally]) -> str:
    """What was reached, as Markdown."""
    lines = [
        "| target | inputs | a second | past the first check | to the end | new | slowest, s | failures |",
        "|---" * 8 + "|",
    ]
    for name, tally in tallies.items():
        rate = tally.inputs / tally.seconds if tally.seconds else 0.0
        whole = tally.depths[len(target(name).DEPTHS) - 1] / max(1, tally.inputs)
        lines.append(
            f"| {name} | {tally.inputs:,} | {rate:,.0f} | {tally.deep:.0%} | {whole:.0%} | {tally.kept:,}"
            f" | {tally.slowest:.2f} | {sum(tally.kinds.values())} of {len(tally.kinds)} kinds |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()

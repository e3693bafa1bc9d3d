"""What ``hpobench tabulate`` writes and reads again: part files, and finished tables with their descriptions.

An input is a line with a name, then a file of that name; a table's other files are whole. The checksum of a Parquet
file that was changed is made anew.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from benchmarks.fuzz import mutations
from benchmarks.fuzz.driver import Fed, heard
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.plugins import load_problem, problems
from hpobench_tui.tabulation import table
from hpobench_tui.tabulation.journal import Contents, Journal, peek
from hpobench_tui.tabulation.make import identity_of
from hpobench_tui.tabulation.plan import make_plan
from hpobench_tui.tabulation.worker import Common, Job, train

DEPTHS = ("refused", "nothing in it", "read")
ENDING = ".input"
_whole: dict[str, bytes] = {}


def seeds(place: Path) -> list[bytes]:
    """The files of a table of a few trainings, and its part file."""
    info = next(info for info in problems().found.values() if info.suite == "synthetic" and info.fidelity)
    plan = make_plan(info, 4, 2, 0)
    contents = Contents(identity_of(plan), [{"command": "a benchmark"}])
    loaded, common = load_problem(info), Common(info, plan.levels, plan.stepwise, "cpu")
    for i, k in plan.trainings():
        contents.add(train(loaded, Job(common, i, k, plan.configurations[i], plan.seeds[k])))
    table.write(place / "made", contents, info, list(plan.seeds), plan.stepwise)
    _whole.update({f"made.{end}": (place / f"made.{end}").read_bytes() for end in ("json", "parquet", "npz")})
    lines = [{"identity": asdict(contents.identity)}, {"session": {"command": "x"}}]
    lines += [asdict(record) for record in contents.records.values()]
    part = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    return [b"made.part\n" + part] * 3 + [name.encode() + b"\n" + data for name, data in list(_whole.items())[:2]]


def mutated(chance: random.Random, pool: Sequence[bytes]) -> bytes:
    data, other = chance.choice(pool), chance.choice(pool)
    name, _, body = data.partition(b"\n")
    if name == b"made.parquet":
        return name + b"\n" + mutations.of_bytes(chance, body)
    return name + b"\n" + mutations.of_json(chance, body, other.partition(b"\n")[2])


def feed(data: bytes, place: Path) -> Fed:
    given, _, body = data.partition(b"\n")
    name = given.decode(errors="replace")
    try:
        if name in _whole:
            for own, whole in _whole.items():
                (place / own).write_bytes(body if own == name else whole)
            if name.endswith(".parquet"):
                said = json.loads(_whole["made.json"])
                said["checksums"]["parquet"] = sha256(body).hexdigest()
                (place / "made.json").write_text(json.dumps(said))
            found = table.read(place / "made")
        else:
            path = place / "made.part"
            path.write_bytes(body)
            found = peek(path)
            journal = Journal(path)
            try:
                assert (journal.read() is None) == (found is None)
            finally:
                journal.close()
    except HpobenchError as error:
        return heard(error, 0)
    return Fed(1 + bool(found and found.records), f"{len(found.records) if found else 0} records")

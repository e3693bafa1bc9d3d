"""Tables: others' files for ``import-table``, and those that ``tabular/table`` replays (NAME.json with NAME.npz).

An input is a line with a name, then a file of that name; of ``replay.json`` and ``replay.npz`` the other one is whole.
The checksum of an ``.npz`` that was changed is made anew.
"""

import io
import json
import random
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.fuzz import mutations
from benchmarks.fuzz.driver import Fed, heard
from hpobench_tui.cli.import_table import import_table
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.plugins import load_problem, problems
from hpobench_tui.tabulation.foreign import reading

DEPTHS = ("not read", "no table", "a table")
ENDING = ".input"
CONTAINED = ("SIGABRT at foreign/reading.py", "SIGSEGV at foreign/reading.py")
"""What polars does with some Parquet files: the program tries them in a process of their own first."""
CSV = """\
lr,units,act,epoch,seed,val_loss,seconds,metric.acc
0.1,16,relu,1,0,0.9,1.5,0.1
0.1,16,relu,2,0,0.7,3.0,0.2
0.01,32,tanh,1,0,0.8,1.0,0.3
0.01,32,tanh,2,0,0.6,2.0,0.4
0.01,32,tanh,1,1,0.75,1.0,0.3
0.5,64,relu,1,0,,0.5,
0.3,8,relu,1,0,0.65,0.9,0.5
0.3,8,relu,2,0,0.55,1.8,0.6
"""
GRID = "a;b;accuracy\n1;x;0,5\n1;y;0,6\n2;x;0,7\n2;y;NA\n3;x;0,1\n3;y;0,2\n"
LINES = "".join(
    json.dumps({"config": {"x": n / 7, "k": "ab"[n % 2], "deep": {"n": n % 3}}, "loss": 1 / (n + 1), "seed": 0}) + "\n"
    for n in range(9)
)
_replay: dict[str, bytes] = {}


def seeds(place: Path) -> list[bytes]:
    reading.fatal = lambda *_: None  # type: ignore[assignment]  # a process for each input would take most of the time
    frame = pl.read_csv(io.StringIO(CSV))
    parquet, arrow = io.BytesIO(), io.BytesIO()
    frame.write_parquet(parquet)
    frame.write_ipc(arrow)
    files = [("t.csv", CSV.encode()), ("g.csv", GRID.encode()), ("t.tsv", CSV.replace(",", "\t").encode())]
    files += [("t.jsonl", LINES.encode()), ("t.parquet", parquet.getvalue()), ("t.feather", arrow.getvalue())]
    (place / "t.csv").write_text(CSV)
    import_table(place / "t.csv", output=place, name="replay", surrogate=False)
    _replay.update({name: (place / name).read_bytes() for name in ("replay.json", "replay.npz")})
    files += [(name, data) for name, data in _replay.items() for _ in range(2)]
    return [name.encode() + b"\n" + data for name, data in files for _ in range(3)]


def mutated(chance: random.Random, pool: Sequence[bytes]) -> bytes:
    data, other = chance.choice(pool), chance.choice(pool)
    name, _, body = data.partition(b"\n")
    if name == b"replay.npz":
        return name + b"\n" + _arrays(chance, body)
    if name.endswith((b".json", b".jsonl")):
        return name + b"\n" + mutations.of_json(chance, body, other.partition(b"\n")[2])
    if name.endswith((b".csv", b".tsv")):
        return mutations.named(mutations.of_text, chance, [data, other])
    return name + b"\n" + mutations.of_bytes(chance, body)


def _arrays(chance: random.Random, body: bytes) -> bytes:
    """One array is another one; or bytes are."""
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as stored:
            arrays = dict(stored)
    except Exception:  # noqa: BLE001 - whatever reading bytes that were changed before comes to
        return mutations.of_bytes(chance, _replay["replay.npz"])
    if chance.random() < 0.3:
        return mutations.of_bytes(chance, body)
    name = chance.choice(list(arrays))
    array = arrays[name]
    match chance.randrange(8):
        case 0:
            del arrays[name]
        case 1:
            arrays[name] = array[: chance.randrange(len(array) + 1)] if array.ndim else array
        case 2:
            with suppress(ValueError, TypeError):
                arrays[name] = array.astype(chance.choice(("U4", "f2", "i1", "complex64", "bool", "S3", "M8[s]")))
        case 3:
            arrays[name] = array[None]
        case 4:
            arrays[name] = np.full(array.shape, chance.choice((np.nan, np.inf, -1, 10**6, 0)), float)
        case 5:
            arrays[name] = array.T
        case 6 if array.size and array.dtype.kind in "if":
            flat = array.copy().reshape(-1)
            odd = (-1, 0, 99, 2**31) if array.dtype.kind == "i" else (np.nan, np.inf, -np.inf, 1e308, -1.0)
            flat[chance.randrange(len(flat))] = np.asarray(chance.choice(odd)).astype(array.dtype)
            arrays[name] = flat.reshape(array.shape)
        case _:
            arrays[name] = arrays[chance.choice(list(arrays))]
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def feed(data: bytes, place: Path) -> Fed:
    given, _, body = data.partition(b"\n")
    name = given.decode(errors="replace").replace("/", "_").replace("\0", "_")[:100]
    if name in _replay:
        return _replayed(name, body, place)
    path = place / (name if name not in ("", ".", "..") else "x")
    path.write_bytes(body)
    try:
        import_table(path, output=place / "tables", name="made", surrogate=False, as_json=len(body) % 2 == 0)
    except HpobenchError as error:
        return heard(error, int("cannot be read" not in str(error) and "its ending" not in str(error)))
    return Fed(2, _played(place / "tables" / "made.json"))


def _replayed(name: str, body: bytes, place: Path) -> Fed:
    """A table of ours of which one file is another."""
    for own, whole in _replay.items():
        (place / own).write_bytes(body if own == name else whole)
    if name.endswith(".npz"):
        said = json.loads(_replay["replay.json"])
        said["checksums"]["npz"] = sha256(body).hexdigest()
        (place / "replay.json").write_text(json.dumps(said))
    try:
        said = _played(place / "replay.json")
    except HpobenchError as error:
        return heard(error, 1)
    return Fed(2, said)


def _played(path: Path) -> str:
    """A table as an experiment has it: described, and two of its trainings replayed."""
    info = problems()[f"tabular/table[file={path},mode=lookup]"]
    problem = load_problem(info)
    space = problem.space()
    space.seed(1)
    ended = 0
    for configuration in space.sample_configuration(2):
        training = problem.start(dict(configuration), 3, "cpu")
        try:
            training.advance(info.fidelity.maximum if info.fidelity else 1)
        except Exception as error:  # a training may fail, as an objective may
            if isinstance(error, (TypeError, IndexError, AttributeError)):
                raise
        ended += 1
    return f"replayed {ended}"

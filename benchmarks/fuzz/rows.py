"""Stores of which rows are others: SQL on a real one, sealed anew or not, as whoever has SQLite's program can do.

An input is JSON: which of the real stores, what is done with it, whether its digests are made anew, and statements.
"""

import json
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from benchmarks.fuzz import mutations, real
from benchmarks.fuzz.driver import Fed
from hpobench_tui.core.columns import columns
from hpobench_tui.store import schema, seals
from hpobench_tui.store.reader import FILE

DEPTHS = ("not opened", "opened, without runs", "opened")
ENDING = ".json"
WORDS = (
    "done", "failed", "running", "waiting", "paused", "cancelled", "finished", "evaluations", "seconds", "fidelity",
    "full evaluations", "random", "tpe", "synthetic/branin", "simple", "cumulative", "incumbent", "{}", "[]", "null",
    '{"x": 1}', '{"x1": NaN, "x2": 1e999}', "[[1, [[1, 1]]]]", "[[[]]]", '{"a": {"b": []}}', "[1, 2, 3]", '"x"', "1",
)  # fmt: skip
_sound: list[bytes] = []


def seeds(place: Path) -> list[bytes]:
    real.without_supervisors()
    _sound[:] = [(folder / FILE).read_bytes() for folder in real.stores(place)]
    start = "UPDATE run SET spent = 3 WHERE id = 0"
    return [
        json.dumps({"store": n, "act": act, "sealed": True, "sql": [start]}).encode()
        for n in range(len(_sound)) for act in real.ACTS
    ]  # fmt: skip


def mutated(chance: random.Random, pool: Sequence[bytes]) -> bytes:
    made = json.loads(chance.choice(pool))
    if chance.random() < 0.3:
        made["act"] = chance.choice(list(real.ACTS))
    if chance.random() < 0.2:
        made["store"] = chance.randrange(len(_sound))
    if chance.random() < 0.2:
        made["sealed"] = not made["sealed"]
    if chance.random() < 0.6:
        made["sql"] = []
    made["sql"] = [*made["sql"][-6:], *(_statement(chance) for _ in range(mutations.many(chance)))]
    return json.dumps(made).encode()


def _statement(chance: random.Random) -> str:
    table = chance.choice(schema.TABLES)
    names = [column.name for column in columns(table.columns)]
    where = f"WHERE rowid IN (SELECT rowid FROM {table.name} ORDER BY random() LIMIT {chance.choice((1, 1, 2, 100))})"
    if table.key != "id":
        where = f"WHERE {table.key.split(',')[0]} = {chance.choice((0, 1))}" if chance.random() < 0.5 else ""
    match chance.randrange(12):
        case 0:
            return f"DELETE FROM {table.name} {where}"
        case 1:
            listed = ", ".join(names)
            cells = ", ".join(name if chance.random() < 0.8 else _literal(chance) for name in names)
            return f"INSERT OR REPLACE INTO {table.name} ({listed}) SELECT {cells} FROM {table.name} LIMIT 2"
        case 2:
            return f"PRAGMA user_version = {chance.choice(mutations.ODD_NUMBERS)}"
        case 3:
            name = chance.choice(names)
            change = chance.choice(("+ 1", "* 2", "|| 0", "- 10", "/ 0"))
            return f"UPDATE {table.name} SET {name} = {name} {change} {where}"
        case 4:
            return f"UPDATE {table.name} SET {chance.choice(names)} = {chance.choice(names)} {where}"
    return f"UPDATE {table.name} SET {chance.choice(names)} = {_literal(chance)} {where}"


def _literal(chance: random.Random) -> str:
    match chance.randrange(4):
        case 0:
            return chance.choice(("NULL", "x'00ff'", "zeroblob(70000)", "1e999", "-1e999", "''", "CAST(x'ff' AS TEXT)"))
        case 1:
            number = chance.choice(mutations.ODD_NUMBERS)
            return (
                number
                if number.strip("-").replace(".", "").replace("e-", "e").isascii() and number[-1].isdigit()
                else "0"
            )
        case 2:
            return _quoted(chance.choice(WORDS))
    return _quoted(chance.choice(mutations.ODD_TEXTS).replace("\0", "").encode("utf-8", "replace").decode())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def feed(data: bytes, place: Path) -> Fed:
    asked = json.loads(data)
    folder = real.placed(_sound[asked["store"]], place)
    if asked["act"] == "merge":
        (place / "sound").mkdir()
        (place / "sound" / FILE).write_bytes(_sound[asked["store"]])
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for statement in asked["sql"]:
            with suppress(sqlite3.Error, sqlite3.Warning, UnicodeEncodeError):
                connection.execute(statement)
        with suppress(Exception):  # what cannot be sealed stays as it is
            if asked["sealed"]:
                seals.seal_all(connection)
        connection.commit()
    return real.done(folder, asked["act"])

"""How inputs are made of others: of bytes, of lines and words of a text, and of what JSON and TOML hold."""

import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

ODD_NUMBERS = (
    "0", "-1", "1", "2", "3", "7", "64", "255", "256", "1000", "65536", "2147483648", "-2147483649",
    "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" + "0" * 40, "1e308",
    "1e309", "-1e309", "1e-320", "5e-324", "0.1", "-0.0", "nan", "inf", "-inf", "1_000", "0x10", "1e400", "١٢", "1.5",
)  # fmt: skip
ODD_TEXTS = (
    "", " ", "\0", "\x1b[2J", "\u202e", "a" * 300, "x" * 70_000, "../../x", "/", ".", "*", "[", "]", "a[b=", "'", '"',
    "é", "🎲", "\ud800", "nan", "None", "true", "-", "=", ",", "%s", "{}", "a,b", "a=b", "\n", "\t", "CON", "1",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 10, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**40, 0.0, -0.0, 0.5, 1e308, 5e-324,
    float("nan"), float("inf"), float("-inf"), [], {}, [[]], [None], {"": None}, {"a": {"b": {"c": []}}}, *ODD_TEXTS,
)  # fmt: skip
_NUMBER = re.compile(rb"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")
_WORD = re.compile(rb"[\w.+-]+|\"[^\"\n]*\"|[^\w\s]")


def many(chance: random.Random) -> int:
    """How many mutations: mostly one, now and then a dozen."""
    return min(12, 1 + int(chance.expovariate(1.5)))


def of_bytes(chance: random.Random, data: bytes, other: bytes = b"") -> bytes:
    """Bits, bytes and spans changed, taken out, doubled, moved, or taken from another input."""
    made = bytearray(data)
    for _ in range(many(chance)):
        at = chance.randrange(len(made) + 1)
        length = min(len(made) - at, 1 + int(chance.expovariate(1 / 16)))
        match chance.randrange(8):
            case 0 if made:
                at = chance.randrange(len(made))
                made[at] ^= 1 << chance.randrange(8)
            case 1 if made:
                made[chance.randrange(len(made))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            case 2:
                del made[at : at + length]
            case 3:
                made[at:at] = made[at : at + length]
            case 4:
                made[at : at + length] = chance.randbytes(length)
            case 5 if other:
                start = chance.randrange(len(other))
                made[at : at + length] = other[start : start + length]
            case 6 if len(made) >= 4:
                width = chance.choice((1, 2, 4))
                at = chance.randrange(len(made) - width + 1)
                odd = chance.choice((0, 1, 2 ** (8 * width) - 1, 2 ** (8 * width - 1), chance.randrange(2**8)))
                made[at : at + width] = odd.to_bytes(width, chance.choice(("big", "little")))
            case _:
                del made[at:]
                made += data[at:] if chance.random() < 0.7 else b""
    return bytes(made)


def of_text(chance: random.Random, data: bytes, other: bytes = b"", words: Sequence[bytes] = ()) -> bytes:
    """Lines, numbers and words changed, as a hand or a broken tool would; now and then bytes."""
    made = data
    for _ in range(many(chance)):
        kind = chance.randrange(9)
        if kind < 2 and (numbers := list(_NUMBER.finditer(made))):
            made = _replaced(made, chance.choice(numbers), chance.choice(ODD_NUMBERS).encode())
        elif kind < 5 and (found := list(_WORD.finditer(made))):
            there = chance.choice(found)
            theirs = chance.choice(found)[0]
            odd = chance.choice(ODD_TEXTS).encode("utf-8", "replace")
            made = _replaced(made, there, chance.choice((odd, theirs, *((chance.choice(words),) if words else ()))))
        elif kind < 8:
            lines = made.split(b"\n")
            at = chance.randrange(len(lines))
            match chance.randrange(5):
                case 0:
                    del lines[at]
                case 1:
                    lines.insert(at, lines[at])
                case 2:
                    to = chance.randrange(len(lines))
                    lines[at], lines[to] = lines[to], lines[at]
                case 3:
                    theirs_lines = (other or made).split(b"\n")
                    lines.insert(at, chance.choice(theirs_lines))
                case _ if words:
                    lines.insert(at, chance.choice(words))
            made = b"\n".join(lines)
        else:
            made = of_bytes(chance, made, other)
        if len(made) > 1 << 20:
            return data
    return made


def _replaced(data: bytes, there: "re.Match[bytes]", by: bytes) -> bytes:
    return data[: there.start()] + by + data[there.end() :]


def of_data(chance: random.Random, data: Any, values: Sequence[Any] = ODD_VALUES, keys: Sequence[str] = ()) -> Any:
    """What JSON holds with some of it replaced, taken out, doubled, renamed, or put elsewhere; ``data`` is changed."""
    root = [data]
    for _ in range(many(chance)):
        places = _places(root)
        holder, key = chance.choice(places)
        match chance.randrange(8):
            case 0 | 1:
                holder[key] = chance.choice(values)
            case 2 if holder is not root:
                del holder[key]
            case 3:
                other, theirs = chance.choice(places)
                holder[key] = _copy(other[theirs])
            case 4 if isinstance(holder, dict):
                holder[chance.choice((*keys, *ODD_TEXTS)) if chance.random() < 0.8 else str(key) + "x"] = (
                    holder.pop(key) if chance.random() < 0.5 else chance.choice(values)
                )
            case 5 if isinstance(holder, list) and holder is not root:
                holder.insert(key, _copy(holder[key]) if chance.random() < 0.5 else chance.choice(values))
            case 6:
                holder[key] = _nudged(chance, holder[key])
            case _:
                holder[key] = chance.choice(([holder[key]], {"a": holder[key]}, str(holder[key])))
    return root[0]


def _nudged(chance: random.Random, value: Any) -> Any:
    """Near what it was."""
    match value:
        case bool():
            return not value
        case int():
            return value + chance.choice((-1, 1, 10, -value, -2 * value, value * 1000))
        case float():
            return chance.choice((value * 2, -value, value + 1e-9, int(value) if abs(value) < 1e300 else 0, str(value)))
        case str() if value:
            at = chance.randrange(len(value))
            return value[:at] + chance.choice(("", value[at] * 2, chance.choice(ODD_TEXTS))) + value[at + 1 :]
        case list() if value:
            return value[: chance.randrange(len(value))] if chance.random() < 0.5 else value * 2
    return value


def _copy(value: Any) -> Any:
    match value:
        case dict():
            return {key: _copy(own) for key, own in value.items()}
        case list():
            return [_copy(own) for own in value]
    return value


def _places(root: list[Any]) -> list[tuple[Any, Any]]:
    """Where values are, of a tree: what holds them, and under which key."""
    found: list[tuple[Any, Any]] = []
    waiting: list[tuple[Any, Any]] = [(root, 0)]
    while waiting and len(found) < 10_000:
        holder, key = waiting.pop()
        found.append((holder, key))
        value = holder[key]
        if isinstance(value, dict):
            waiting += [(value, each) for each in value]
        elif isinstance(value, list):
            waiting += [(value, each) for each in range(len(value))]
    return found


def of_json(chance: random.Random, data: bytes, other: bytes = b"", keys: Sequence[str] = ()) -> bytes:
    """JSON (a document, or one a line) with other values; a fifth of them as text."""
    if chance.random() < 0.2:
        return of_text(chance, data, other)
    lines = data.split(b"\n")
    try:
        return json.dumps(of_data(chance, json.loads(data), keys=keys)).encode()
    except (ValueError, RecursionError):
        pass
    at = chance.randrange(len(lines))
    try:
        lines[at] = json.dumps(of_data(chance, json.loads(lines[at]), keys=keys)).encode()
    except (ValueError, RecursionError):
        return of_text(chance, data, other)
    return b"\n".join(lines)


def named(make: Callable[[random.Random, bytes, bytes], bytes], chance: random.Random, pool: Sequence[bytes]) -> bytes:
    """Of inputs that begin with a line of their own (a file's name): mostly what follows is changed."""
    data, other = chance.choice(pool), chance.choice(pool)
    name, _, body = data.partition(b"\n")
    if chance.random() < 0.05:
        name = other.partition(b"\n")[0]
    return name + b"\n" + make(chance, body, other.partition(b"\n")[2])

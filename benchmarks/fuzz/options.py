"""What options, fields of the app and arguments say: names, patterns, budgets, repetitions, columns."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.fuzz import mutations
from benchmarks.fuzz.driver import Fed, heard
from hpobench_tui.cli import options
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.patterns import matcher, parse_repetitions, split_names
from hpobench_tui.engine.front import described, spec
from hpobench_tui.importing.columns import pairs

DEPTHS = ("refused", "taken")
ENDING = ".json"
REAL: dict[str, list[str]] = {
    "budget": ["50 evaluations", "1e3 seconds", "2.5 full evaluations", "18 fidelity", "mnist_cnn=18 fidelity"],
    "repetitions": ["0-9", "3", "0,2,4-7", "5-"],
    "problem": ["synthetic/ackley[d=10]", "bandits", "bbob/f01-sphere[d=3,instance=2]", "bbob/*", "synthetic/b*"],
    "names": ["bandits,synthetic/ackley[d=10,noise=0.1]", "random,tpe"],
    "at": ["20 evaluations", "50%", "1/3", "0.25"],
    "columns": ["problem=task,label='my tool',loss=1-accuracy,repetition=seed,param:lr=rate"],
    "build": ["synthetic/branin|random|20 evaluations|0-2"],
}


def seeds(place: Path) -> list[bytes]:
    return [json.dumps([kind, text]).encode() for kind, texts in REAL.items() for text in texts]


def mutated(chance: random.Random, pool: Sequence[bytes]) -> bytes:
    kind, text = json.loads(chance.choice(pool))
    _, other = json.loads(chance.choice(pool))
    made = mutations.of_text(chance, text.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
    return json.dumps([kind, made.decode("utf-8", "surrogateescape")]).encode()


def _build(text: str) -> object:
    problem, optimizer, budget, only = (text.split("|") + [""] * 4)[:4]
    given = described.overrides([problem], [optimizer], [budget], only=only or None, repetitions=3)
    return described.described(None, given)[0].runs()


def _problem(text: str) -> object:
    return spec.chosen([text])[0], matcher(text)


FEED: dict[str, Callable[[str], object]] = {
    "budget": lambda text: (Budget.read(text), described.read_budgets([text])),
    "repetitions": lambda text: list(parse_repetitions(text).below(100)),
    "problem": _problem,
    "names": lambda text: [options.names([text]), split_names([text])],
    "at": lambda text: options.filters(None, None, None, text),
    "columns": lambda text: list(pairs(text)),
    "build": _build,
}


def feed(data: bytes, place: Path) -> Fed:
    try:
        kind, text = json.loads(data)
        made = FEED[kind](text)
    except HpobenchError as error:
        return heard(error, 0)
    return Fed(1, f"{kind} {type(made).__name__}")

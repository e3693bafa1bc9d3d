"""Experiment files: TOML text → experiment → what it costs, its plan, and back to JSON."""

import random
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.fuzz import mutations
from benchmarks.fuzz.driver import Fed, heard
from hpobench_tui import plugins
from hpobench_tui.cli.plan import print_plan
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import presets, spec, toml
from hpobench_tui.engine.front.fields import Spec
from hpobench_tui.store.experiment_json import experiment_from_json, experiment_to_json

DEPTHS = ("no TOML", "no experiment", "an experiment")
ENDING = ".toml"
OWN = b"""\
name = "first-look"
problems = ["synthetic/ackley[d=10]", { name = "synthetic/branin" }, "bandits/stochastic*"]
optimizers = ["random", { name = "hyperband", label = "hyperband-ceil", variant = "ceil", eta = 4 }, "tpe"]
repetitions = 5
seed = 3
only = "0-2"
impossible = "skip"
device = "cpu"
workers = 2
record = 1000
together = 16
curves = true

[budget]
amount = 200
unit = "evaluations"

[budgets."synthetic/branin"]
amount = 18.5
unit = "seconds"

[budgets.bandits]
amount = 300
unit = "evaluations"

[limits]
ask_seconds = 3
trial_seconds = 10.5
memory_mb = 900

[simulation]
workers = 8
"""
KEYS = (*Spec.model_fields, "amount", "unit", "ask_seconds", "trial_seconds", "memory_mb", "label", "eta", "d", "noise")


def seeds(place: Path) -> list[bytes]:
    return [OWN, *(presets.read(name)[0].encode() for name in presets.names())]


def values() -> list[object]:
    """What stands in files, beside what is odd."""
    problems, optimizers = plugins.problems().found, plugins.optimizers().found
    parameters = {f"{name}[{parameter.name}=2]" for name, info in problems.items() for parameter in info.parameters}
    units = ["evaluations", "seconds", "fidelity", "full_evaluations", "full evaluations", "auto", "0-3", "1,2,9-"]
    tables = [{"name": name} for name in optimizers]
    plain = [value for value in mutations.ODD_VALUES if value is not None]
    return [*plain, *problems, *optimizers, *parameters, *units, *tables]


def mutated(chance: random.Random, pool: Sequence[bytes]) -> bytes:
    data, other = chance.choice(pool), chance.choice(pool)
    if chance.random() < 0.75:
        with suppress(
            tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, ValueError, RecursionError, AttributeError
        ):
            made = mutations.of_data(chance, tomllib.loads(data.decode()), _values(), KEYS)
            return toml.write(made).encode("utf-8", "surrogatepass")
    words = [str(value).encode("utf-8", "replace") for value in (*KEYS, *_values()[:400])]
    return mutations.of_text(chance, data, other, words)


_found: list[object] = []


def _values() -> list[object]:
    if not _found:
        _found.extend(values())
    return _found


def feed(data: bytes, place: Path) -> Fed:
    file = place / "experiment.toml"
    file.write_bytes(data)
    try:
        text = toml.read(file)
        toml.parse(text)
    except HpobenchError as error:
        return heard(error, 0)
    try:
        experiment = spec.load(file)
    except HpobenchError as error:
        return heard(error, 1)
    again = experiment_from_json(experiment_to_json(experiment))
    assert again == experiment, "what the store keeps of it is another experiment"
    try:
        print_plan(experiment, as_json=len(data) % 2 == 0)
    except HpobenchError as error:
        return heard(error, 2)
    return Fed(2, f"{len(experiment.contenders)} optimizers, {len(experiment.notes)} notes")

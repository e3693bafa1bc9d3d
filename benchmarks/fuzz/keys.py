"""The app's keys, in any order, on real stores of no, one and a thousand runs, in terminals of several sizes.

An input is JSON: which store, the terminal's columns and rows, and the keys; two numbers among them are another size.
What a key waits for is counted in seconds of the app's own thread: other programs may use the processor.
"""

import asyncio
import json
import os
import random
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from textual.pilot import Pilot

from benchmarks.fuzz import real
from benchmarks.fuzz.driver import Fed, heard
from hpobench_tui.core import Budget
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.tui import settings
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.screens.level import Level

DEPTHS = ("the first screen", "another screen", "three screens and more")
ENDING = ".json"
STORES = ("none", "one", "many")
MANY = int(os.environ.get("HPOBENCH_FUZZ_RUNS") or 1000)
"""Runs of the largest store."""
SIZES = ((80, 24), (200, 60), (40, 12), (120, 30), (20, 6), (1, 1))
PLAIN = (
    "up", "down", "left", "right", "enter", "escape", "tab", "shift+tab", "home", "end", "pageup", "pagedown", "space",
    "backspace", "delete", "f1", "question_mark", "colon", "full_stop", "comma", "slash", "plus", "minus", "asterisk",
    "equals_sign", "left_square_bracket", "right_square_bracket", "apostrophe", "less_than_sign", "greater_than_sign",
    *"abcdefghijklmnopqrstuvwxyz0123456789", *"ABCDEFGHIJKLMNOPRSTUVWXYZ", *(f"ctrl+{c}" for c in "abdefghklnoprtuwxy"),
    "ctrl+up", "ctrl+down", "shift+up", "shift+down", "ctrl+home", "ctrl+end", "alt+enter", "é", "🎲",
)  # fmt: skip
WAYS = (
    (), ("enter",), ("enter", "enter"), ("enter", "enter", "enter"), ("ctrl+o",), ("ctrl+o", "space", "C"), ("e",),
    ("colon", "a", "down", "enter"), ("question_mark",), ("r", "p"), ("ctrl+o", "enter"), ("ctrl+d",), ("x",),
)  # fmt: skip
"""To screens that are some keys away."""
SLOW, HANG = 120.0, 300.0
"""Seconds that all keys of an input may take."""
WAIT = 1.0
"""Seconds that the app may be busy with one key."""
LOADING = 30.0
_folders: dict[str, Path | None] = {}


def seeds(place: Path) -> list[bytes]:
    real.without_supervisors()
    few = Budget.of(6, "evaluations")
    _folders["none"] = None
    _folders["one"] = real.experiment(place, ["random"], ["synthetic/branin"], few, repetitions=1)
    if MANY > 1:
        names = ["synthetic/branin", "synthetic/ackley", "synthetic/rosenbrock", "synthetic/levy"]
        labels = [{"name": "random", "label": f"random-{n}"} for n in range(5)]
        less = Budget.of(3, "evaluations")
        _folders["many"] = real.experiment(place, labels, names, less, repetitions=max(1, MANY // 20))  # type: ignore[arg-type]
    there = [name for name in STORES if name in _folders]
    return [
        json.dumps({"store": store, "size": SIZES[number % len(SIZES)], "keys": [*way]}).encode()
        for store in there for number, way in enumerate(WAYS)
    ]  # fmt: skip


def mutated(chance: random.Random, pool: Sequence[bytes]) -> bytes:
    made = json.loads(chance.choice(pool))
    keys: list[object] = made["keys"]
    if chance.random() < 0.3:
        keys += chance.choice(WAYS)
    for _ in range(chance.randint(3, 60)):
        key: object = chance.choice(PLAIN) if chance.random() < 0.95 else list(chance.choice(SIZES))
        keys.insert(chance.randrange(len(keys) + 1) if chance.random() < 0.3 else len(keys), key)
    if chance.random() < 0.2:
        del keys[: chance.randrange(len(keys))]
    made["keys"] = keys[-150:]  # starting the app takes as long as some ten keys
    if chance.random() < 0.2:
        made["size"] = chance.choice(SIZES)
    if chance.random() < 0.2:
        made["store"] = chance.choice([name for name in STORES if name in _folders])
    return json.dumps(made).encode()


def feed(data: bytes, place: Path) -> Fed:
    asked = json.loads(data)
    root = place / "outputs"
    root.mkdir()
    folder = None
    if (source := _folders[asked["store"]]) is not None:
        folder = root / source.name
        shutil.copytree(source, folder)
    os.environ[settings.VARIABLE] = str(place / "app.json")
    settings._known.clear()
    try:
        seen = asyncio.run(_pressed(HpobenchApp(folder, root), asked))
    except HpobenchError as error:
        return heard(error, 0)
    return Fed(min(2, len(seen) - 1), f"{asked['store']}: {' '.join(sorted(seen))}")


async def _pressed(app: HpobenchApp, asked: dict[str, list[object]]) -> set[str]:
    """Press the keys one after the other; the screens that there were."""
    seen: set[str] = set()
    columns, rows = asked["size"]
    async with app.run_test(size=(int(str(columns)), int(str(rows)))) as pilot:
        await _settled(pilot)
        for key in asked["keys"]:
            if not app.is_running or app._exit:
                break
            seen.add(type(app.screen).__name__)
            busy = time.thread_time()
            if isinstance(key, str):
                await pilot.press(key)
            else:
                await pilot.resize_terminal(*map(int, key))  # type: ignore[call-overload]
            while app.typing:
                await asyncio.sleep(0.002)
            busy = time.thread_time() - busy
            if busy > WAIT and isinstance(app.screen, Level):
                raise AssertionError(f"{key!r} took {busy:.1f} s on {type(app.screen).__name__}")
        if app.is_running and not app._exit:
            seen.add(type(app.screen).__name__)
            await _settled(pilot)
    return seen


async def _settled(pilot: "Pilot[None]") -> None:
    """Till everything that the screen shows was read and drawn."""
    deadline = time.monotonic() + LOADING
    while not getattr(pilot.app.screen, "settled", True):
        if time.monotonic() > deadline:
            raise AssertionError(f"{type(pilot.app.screen).__name__} still reads after {LOADING:g} s")
        await pilot.pause(0.01)

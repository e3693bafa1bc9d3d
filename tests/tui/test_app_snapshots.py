"""Every screen as it looks, small and wide. Update with ``pytest tests/tui --snapshot-update``, and look at them."""

import math
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_hands import LARGE, SMALL, press, settle
from tui_stores import write_experiment

from hpobench_tui import plugins
from hpobench_tui.core import Capabilities, Dimensions, Fidelity, OptimizerInfo, ProblemInfo, Reference
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.executors import devices
from hpobench_tui.plugins import Registry
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.feed import beliefs
from hpobench_tui.tui.panels.arms import ArmsPanel
from hpobench_tui.tui.screens.compare import CompareScreen

Snap = Callable[..., bool]


SIZES = [(80, 24), (120, 40), (160, 45), (200, 60)]
THEMES = {"dark": "textual-dark", "light": "textual-light"}


def after(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Press these keys, one after the other, each when all is read that the one before has asked for."""

    async def act(pilot: Pilot[None]) -> None:
        await settle(pilot)
        for key in keys:
            await press(pilot, key)
        pilot.app.clear_notifications()
        await pilot.pause(0.1)
        await settle(pilot)

    return act


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("overview", ("down", "right")),
        ("problem", ("enter", "n")),
        ("run", ("enter", "enter")),
        ("trial", ("enter", "enter", "end", "enter")),
        ("help", ("question_mark",)),
        ("export", ("e",)),
        ("results", ("ctrl+o", "space")),
    ],
)
def test_screen(
    snap_compare: Snap, app: HpobenchApp, name: str, keys: tuple[str, ...], size: tuple[int, int], theme: str
) -> None:
    app.theme = THEMES[theme]
    assert snap_compare(app, terminal_size=size, run_before=after(*keys))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_compare(snap_compare: Snap, folder: Path, size: tuple[int, int], theme: str) -> None:
    app = HpobenchApp(None, Path("outputs"))
    app.theme = THEMES[theme]

    async def act(pilot: Pilot[None]) -> None:
        await app.push_screen(CompareScreen([folder]))
        await after("n")(pilot)

    assert snap_compare(app, terminal_size=size, run_before=act)


class Believing:
    """In place of the process that repeats a run: beliefs that never change, in the protocol's words."""

    def __init__(self) -> None:
        self.progress: dict[int, tuple[int, int]] = {}
        self._asked: list[tuple[str, Mapping[str, Any]]] = []

    def ask(self, what: str, **given: Any) -> int:
        self._asked.append((what, given))
        return len(self._asked) - 1

    def heard(self, request: int, seconds: float) -> Mapping[str, Any]:
        what, given = self._asked[request]
        if what == "pulls":
            t = [5, 10, 20, 40, 60]
            return {
                "arms": [{"arm": 0}, {"arm": 1}], "others": 0, "losses": [0.4, 0.2], "slope": 2.0, "positions": t,
                "pulls": [[2, 4, 7, 11, 14], [3, 6, 13, 29, 46]], "rest": [0] * 5,
                "regret": [t, [0.4, 0.8, 1.4, 2.2, 2.8]], "recorded": 60, "trials": 60,
            }  # fmt: skip
        common = {"trial": given["trial"], "question": given["trial"], "mean": None, "deviation": None, "note": ""}
        if what == "bounds":
            return common | {
                "asked": {"arm": 1}, "middle": [0.4, 0.22], "lower": [0.1, 0.05], "upper": [0.7, 0.39], "unit": "loss",
                "acquisition": [0.9, 0.95], "interval": "confidence bounds", "criterion": "index",
                "arms": [{"arm": 0}, {"arm": 1}], "pulls": [14, 45],
            }  # fmt: skip
        x = [i / 63 for i in range(64)]
        middle, wide = [math.sin(7 * v) for v in x], [0.5 * abs(math.sin(12 * v)) for v in x]
        return common | {
            "asked": {"x": x[40]}, "middle": middle, "lower": [m - w for m, w in zip(middle, wide, strict=True)],
            "upper": [m + w for m, w in zip(middle, wide, strict=True)], "acquisition": wide, "unit": "loss",
            "interval": "mean ± sd", "criterion": "expected improvement",
            "axes": [{"name": "x", "values": x, "log": False, "numeric": True}], "held": "asked", "base": {"x": x[40]},
            "asked_acquisition": wide[40], "data": [(i, [x[12 * i]], middle[12 * i]) for i in range(6)], "told": 6,
            "searched": ["x"],
        }  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("keys", [("8",), ("9",), ("9", "d", "d", "z")], ids=["gaussian", "arms", "regret"])
def test_beliefs(
    snap_compare: Snap, app: HpobenchApp, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...],
    size: tuple[int, int], theme: str,
) -> None:  # fmt: skip
    believing = Believing()
    monkeypatch.setattr(beliefs, "looks_of", lambda feed: believing)
    monkeypatch.setattr(ArmsPanel, "fits", lambda panel, view: True)
    app.theme = THEMES[theme]
    assert snap_compare(app, terminal_size=size, run_before=after("enter", "enter", *keys))


def test_ascii(snap_compare: Snap, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPOBENCH_ASCII", "1")
    assert snap_compare(HpobenchApp(folder, Path("outputs")), terminal_size=SMALL, run_before=after("n"))


def test_confirm(snap_compare: Snap, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "supervised", lambda folder: True)
    running = write_experiment(Path("outputs"), "running", "running")
    assert snap_compare(HpobenchApp(running, Path("outputs")), terminal_size=SMALL, run_before=after("c"))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_setup(snap_compare: Snap, fresh_app: HpobenchApp, size: tuple[int, int], few: None, theme: str) -> None:
    fresh_app.theme = THEMES[theme]
    keys = ("space", "down", "space", "tab", "down", "space", "down", "space")
    assert snap_compare(fresh_app, terminal_size=size, run_before=after(*keys))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
def test_setup_filtered(snap_compare: Snap, fresh_app: HpobenchApp, size: tuple[int, int], few: None) -> None:
    keys = ("space", "slash", "d", "e", "e")
    assert snap_compare(fresh_app, terminal_size=size, run_before=after(*keys))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("key", ["e", "ctrl+t", "ctrl+s"], ids=["settings", "clock", "save"])
def test_setup_dialogs(snap_compare: Snap, fresh_app: HpobenchApp, size: tuple[int, int], few: None, key: str) -> None:
    keys = ("down", "space", "tab", "down", "space", key)
    assert snap_compare(fresh_app, terminal_size=size, run_before=after(*keys))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry and a machine that stay the same."""
    one = ProblemInfo("toy/one", "One float.", "toy:One", Dimensions(floats=1), Reference(0.0, "by hand"), seconds=2.0)
    deep = ProblemInfo(
        "toy/deep", "Trained in epochs.", "toy:Deep", Dimensions(floats=2, categoricals=1), Reference(0.1, "by hand"),
        Fidelity("epochs", 1, 81), seconds=120.0, noisy=True,
    )  # fmt: skip
    absent = OptimizerInfo("far-away", "Not here.", "far:Away", requires={"no_such_module": "far"})
    halving = OptimizerInfo("halving", "Halves.", "toy:Halving", Capabilities(needs_fidelity=True, multi_fidelity=True))
    problems = Registry("problem", {info.id: info for info in (one, deep)}, {})
    optimizers = Registry(
        "optimizer", {i.name: i for i in (absent, OptimizerInfo("random", "Draws.", "toy:Random"), halving)}, {}
    )
    monkeypatch.setattr(plugins, "problems", lambda: problems)
    monkeypatch.setattr(plugins, "optimizers", lambda: optimizers)
    monkeypatch.setattr(devices, "cores", lambda: 2)


def test_no_experiments_yet(snap_compare: Snap, fresh_app: HpobenchApp) -> None:
    assert snap_compare(fresh_app, terminal_size=SMALL, run_before=after("ctrl+o"))

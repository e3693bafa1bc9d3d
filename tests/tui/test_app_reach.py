"""All of every screen can be reached, and nothing is cut without a sign: all screens, all sizes, long names."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tui_hands import press, settle
from tui_reach import Walker, cut_silently

from factories import Row, add_landmark, history, run_row, store
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.screens.choose import Choice, ChooseScreen
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.results import ResultsScreen

SIZES = ((60, 20), (80, 24), (100, 30), (120, 40), (160, 45), (200, 50), (240, 70))
STORES = [(optimizers, problems) for optimizers in (1, 10, 60) for problems in (1, 12)]
QUICK = {((60, 20), (60, 12)), ((80, 24), (10, 1)), ((160, 45), (10, 12)), ((240, 70), (60, 1))}
"""What an ordinary run of the tests looks at; the others are slow."""
PLAN = json.dumps([[1, [[3, 1], [1, 3]]], [0, [[2, 3]]]])
PARAMETERS = {
    "learning rate of the first of all layers, in ten-thousandths": 0.001, "x": 1.5, "層の数と活性化関数": "relu",
    "[b]bold[/b]": True, "\x1b[2Jcleared": 3,
}  # fmt: skip


def label(number: int) -> str:
    """A name of sixty characters, most of them; wide, with markup, with a control sequence, and a short one."""
    kinds = (
        "a name of an optimizer that is as long as one can be, ",
        "候補を順番に試す最適化アルゴリズムの名前がとても長い",
        "[b]markup[/b] [/] [$nope] of somebody's ",
        "\x1b[2J\x07control\u202e ",
        "short ",
    )
    return f"{kinds[number % len(kinds)]}{number:02}".ljust(60 if number % 5 == 0 else 0, ".")


def problem(number: int) -> str:
    names = ("suite/a problem whose name is as long as that of an optimizer", "試験/とても長い問題の名前", "s/[b]x[/b]")
    return f"{names[number % len(names)]} {number:02}"


def reach_store(folder: Path, optimizers: int, problems: int) -> Path:
    """So many of each, two seeds; brackets, failed runs and trials, long configurations and errors."""
    runs: list[Row] = []
    trials: list[Row] = []
    for p in range(problems):
        for o in range(optimizers):
            for seed in range(2):
                number = len(runs)
                failed = number == 5
                planned = o % 3 == 0 and p == 0
                runs.append(
                    run_row(
                        number, problem=problem(p), optimizer=label(o), label=label(o), repetition=seed, trials=6,
                        failed_trials=int(failed), status="failed" if failed else "done",
                        error=f"ValueError: {label(0)} {label(3)}" if failed else None,
                        plan=PLAN if planned else None, fidelity="epochs" if p == 0 else None,
                        unit="fidelity" if p == 0 else "evaluations", spent=10, device="cuda:0",
                    )
                )  # fmt: skip
                losses = [1.0, 0.5, None if failed else 0.6, 0.3, 0.25, 0.1 * o]
                rows = history(number, losses, configuration=json.dumps(PARAMETERS | {"x": number + 0.5}))
                if p == 0:
                    rungs = [(0, 0), (0, 0), (0, 0), (0, 1), (1, 0), (1, 0)]
                    rows = [
                        r | {"fidelity": 1 + 2 * g, "bracket": b, "rung": g}
                        for r, (b, g) in zip(rows, rungs, strict=False)
                    ]
                trials += rows
    events = [("info", None, f"{len(runs)} runs to go"), ("error", 1, f"ValueError: {label(0)}"), ("info", 0, label(3))]
    store(folder, runs, trials, events=events).close()
    add_landmark(folder, "the textbook's value, of which people have long known", 0.1)
    return folder


def cases() -> list[object]:
    return [
        pytest.param(
            size, of, id=f"{size[0]}x{size[1]}-{of[0]}-{of[1]}", marks=() if (size, of) in QUICK else pytest.mark.slow
        )
        for size in SIZES
        for of in STORES
    ]  # fmt: skip


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("outputs")


@pytest.mark.parametrize(("size", "of"), cases())
async def test_levels(size: tuple[int, int], of: tuple[int, int], quiet: Path) -> None:
    """From the overview to a trial, with what opens on the way."""
    folder = reach_store(quiet / "an-experiment-with-a-name-that-is-as-long-as-sixty-characters-1", *of)
    app = HpobenchApp(folder, quiet)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        walker = Walker(pilot)
        if of[1] == 1:
            await press(pilot, "escape")
        await walker.visit("overview")
        await aside(walker, "question_mark", "help of the overview")
        await aside(walker, "colon", "palette")
        for level in ("problem", "run", "trial"):
            screen = app.screen
            assert isinstance(screen, Level)
            screen.down(within(screen))
            await settle(pilot)
            assert app.screen is not screen, f"no {level}"
            await walker.visit(level)
            await aside(walker, "question_mark", f"help of the {level}")
            if level == "problem":
                await aside(walker, "e", "export")
                await aside(walker, "A", "extend")
                await press(pilot, "r", "p")
                await walker.visit("replay of the problem")
                await press(pilot, "r")
        choices = [Choice("r", "This run", label(0)), Choice("x", label(1))]
        pilot.app.push_screen(ChooseScreen(f"Cancel {label(0)}?", choices))
        await walker.visit("choose")
        await press(pilot, "escape")
    if walker.faults:
        pytest.fail("\n".join(walker.faults), pytrace=False)


@pytest.mark.parametrize(("size", "of"), cases())
async def test_results(size: tuple[int, int], of: tuple[int, int], quiet: Path) -> None:
    """The experiments of a folder, what is done with them, and two of them side by side."""
    for name in ("an-experiment-with-a-name-that-is-as-long-as-sixty-characters-1", "b"):
        reach_store(quiet / name, *of)
    (quiet / "broken").mkdir()
    (quiet / "broken" / "experiment.sqlite").write_text("no store")
    app = HpobenchApp(None, quiet)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "ctrl+o")
        walker = Walker(pilot)
        await walker.visit("results")
        await aside(walker, "question_mark", "help of the results")
        await aside(walker, "D", "confirm")
        screen = app.screen
        assert isinstance(screen, ResultsScreen)
        screen._marked = {e.folder for e in screen._catalogue.entries if not e.trouble}
        await aside(walker, "M", "merge")
        await aside(walker, "C", "compare")
    if walker.faults:
        pytest.fail("\n".join(walker.faults), pytrace=False)


@pytest.mark.xfail(reason="in the dialog that opens files Tab completes a path, and does not come to the buttons")
@pytest.mark.parametrize(
    "size", [pytest.param(s, marks=() if s in ((60, 20), (160, 45)) else pytest.mark.slow) for s in SIZES]
)
async def test_setup(size: tuple[int, int], quiet: Path, install_plugins: Callable[..., Path]) -> None:
    """The form and its dialogs, with names of a plug-in's that try to do something."""
    install_plugins("hostile")
    app = HpobenchApp(None, quiet)
    async with app.run_test(size=size) as pilot:
        walker = Walker(pilot)
        await walker.visit("set-up")
        await walker.tabs()
        app.screen.query_one("#problems").focus()
        await press(pilot, "home", "space")
        await walker.visit("set-up with a tick")
        for list_of in ("problems", "optimizers"):
            app.screen.query_one(f"#{list_of}").focus()
            await press(pilot, "home", "space")
            await aside(walker, "e", f"settings of {list_of}")
        await aside(walker, "ctrl+t", "clock")
        await aside(walker, "ctrl+l", "open")
        await press(pilot, "ctrl+d")
        await walker.visit("set-up of a preset")
        await aside(walker, "ctrl+s", "save")
        app.screen.query_one("#problems").focus()
        await aside(walker, "question_mark", "help of the set-up")
    if walker.faults:
        pytest.fail("\n".join(walker.faults), pytrace=False)


async def aside(walker: Walker, key: str, where: str) -> None:
    """Open something, look at it, and come back."""
    before = walker.screen
    await press(walker.pilot, key)
    assert walker.screen is not before, f"{key} opens no {where}"
    await walker.visit(where)
    await walker.tabs()
    for _ in range(4):
        if walker.screen is not before:
            await press(walker.pilot, "escape")
    assert walker.screen is before, f"Esc does not leave {where}"


def within(screen: Level) -> object:
    """A view of something that the level below can show."""
    state = screen.feed.state
    view = screen.view
    problem = view.problem or state.problems[0]
    return view.but(
        problem=problem,
        label=view.label or state.labels[0],
        run=0 if view.run is None else view.run,
        trial=0 if view.trial is None else view.trial,
    )


@pytest.mark.parametrize(
    ("whole", "drawn", "cut"),
    [
        ("random search", "random search", False), ("random search", "random\nsearch", False),
        ("random search", "random sea", True), ("random search", "random s…", False),
        ("random search", "rando~", False),
        ("random search", "", True), ("a, b, c", "a +2 more", False),
    ],
)  # fmt: skip
def test_what_is_cut(whole: str, drawn: str, cut: bool) -> None:
    assert cut_silently(whole, drawn) is cut

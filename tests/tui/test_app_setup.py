"""The set-up screen, the list of experiments, and what the app imports."""

import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, SelectionList, Static
from tui_hands import LARGE, SMALL, press, settle, settled, text

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Contender, Experiment, Limits
from hpobench_tui.core.shards import Shard
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.engine.front import lifecycle, presets
from hpobench_tui.store.reader import experiments
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.form import Form
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.results import ResultsScreen
from hpobench_tui.tui.screens.setup import SetupScreen
from hpobench_tui.tui.screens.setup_clock import kept_words
from hpobench_tui.tui.widgets.picklist import PickList
from hpobench_tui.tui.widgets.table import Table
from program import python


def setup(app: HpobenchApp) -> SetupScreen:
    assert isinstance(app.screen, SetupScreen)
    return app.screen


def tick(app: HpobenchApp, **names: list[str]) -> None:
    for options, values in names.items():
        for value in values:
            app.screen.query_one(f"#{options}", SelectionList).select(value)


async def until(pilot: Pilot[None], happened: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for what a thread does."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        await pilot.pause(0.02)
    await settle(pilot)


async def choose(pilot: Pilot[None], name: str) -> None:
    """Open a preset or a file by its name."""
    await press(pilot, "ctrl+l", *name, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, SetupScreen))


def seen(app: HpobenchApp) -> str:
    return "\n".join(line.text for line in app.screen._compositor.render_strips())


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_start_by_keys_alone(
    fresh_app: HpobenchApp, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    launched: list[Path] = []
    monkeypatch.setattr(lifecycle, "launch", launched.append)
    async with settled(fresh_app, size) as pilot:
        await press(pilot, "space", "tab", "down", "space", "ctrl+r")
        assert isinstance(fresh_app.screen, Level)
        experiment = fresh_app.screen.feed.state.row.experiment
        assert experiment.repetitions == 5
        assert [c.label for c in experiment.contenders] == ["random"]
        assert launched == experiments(Path("outputs"))


async def test_fast_typing_ticks_the_right_lines(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        for key in ("space", "down", "space", "down", "down", "space"):
            fresh_app.post_message(events.Key(key, " " if key == "space" else None))
        await pilot.pause(0.2)
        names = [option.value for option in fresh_app.screen.query_one("#problems", SelectionList).options]  # type: ignore[attr-defined]
        assert setup(fresh_app).form().problems == (names[0], names[1], names[3])


async def test_refused_pairs_are_named_and_left_out(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        tick(fresh_app, problems=["synthetic/branin"], optimizers=["random", "hyperband"])
        await settle(pilot)
        assert text(fresh_app, "verdict").startswith("5 runs, ")
        assert "hyperband needs a fidelity, which synthetic/branin does not have" in text(fresh_app, "refused")


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("amount", "0", "budget: the amount must be positive, not 0 evaluations."),
        ("amount", "many", "budget: the amount must be a finite number, not 'many'."),
        ("amount", "2.5", "budget: evaluations are counted in whole numbers"),
        ("amount", "", "Budget: give an amount"),
        ("repetitions", "0", "Seeds: must be from 1 to"),
        ("seed", "x", "Base seed: must be a whole number, not 'x'."),
        ("workers", "-1", "Workers: must be from 1 to 1024, not -1."),
        ("name", "a b", "Name: use letters, digits"),
    ],
)
async def test_bad_input_is_said_in_place_and_nothing_is_lost(
    fresh_app: HpobenchApp, field: str, value: str, complaint: str
) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        tick(fresh_app, problems=["synthetic/branin"], optimizers=["random"])
        fresh_app.screen.query_one(f"#{field}", Input).value = value
        await press(pilot, "ctrl+r")
        screen = setup(fresh_app)
        assert complaint in text(fresh_app, "verdict")
        assert screen.query_one("#verdict").has_class("error")
        form = screen.form()
        assert (form.problems, form.optimizers) == (("synthetic/branin",), ("random",))
        assert screen.query_one(f"#{field}", Input).value == value


async def test_what_cannot_be_created_is_said_in_place(fresh_app: HpobenchApp, tmp_path: Path) -> None:
    (tmp_path / "outputs").write_text("a file, where the experiments should go")
    async with settled(fresh_app, SMALL) as pilot:
        tick(fresh_app, problems=["synthetic/branin"], optimizers=["random"])
        await press(pilot, "ctrl+r")
        assert "cannot create" in text(fresh_app, "verdict")
        setup(fresh_app)


@pytest.mark.parametrize(
    "name",
    [
        "first",
        pytest.param("quick", marks=pytest.mark.needs("torch", "optuna", "skopt", "hpbandster")),
        "bandits",
        pytest.param("parallel", marks=pytest.mark.needs("optuna")),
    ],
)
async def test_a_preset_makes_the_experiment_that_it_is(fresh_app: HpobenchApp, name: str) -> None:
    """Also in what has no field of its own: the simulated clock, and how much is recorded."""
    async with settled(fresh_app, LARGE) as pilot:
        await choose(pilot, name)
        made: Experiment = setup(fresh_app).form().experiment()
        preset = presets.load(name)
        assert set(made.problems) == set(preset.problems)
        assert {c.label for c in made.contenders} == {c.label for c in preset.contenders}
        assert set(made.skipped) == set(preset.skipped)
        same = {"problems": (), "contenders": (), "skipped": ()}
        assert replace(made, **same) == replace(preset, **same)
        assert text(fresh_app, "verdict").startswith(f"{len(preset.runs())} runs")
        assert ("simulated clock" in text(fresh_app, "verdict")) == (name == "parallel")


async def test_all_and_none(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        problems = fresh_app.screen.query_one("#problems", SelectionList)
        await pilot.press("ctrl+a")
        assert len(problems.selected) == problems.option_count
        await pilot.press("ctrl+a")
        assert problems.selected == []


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_filter_shows_some_lines_and_forgets_no_tick(fresh_app: HpobenchApp, size: tuple[int, int]) -> None:
    async with settled(fresh_app, size) as pilot:
        problems, optimizers = (fresh_app.screen.query_one(name, PickList) for name in ("#problems", "#optimizers"))
        every = problems.names
        await press(pilot, "space", "slash", *"BBOB", "space", *"f2")
        assert problems.shown == [name for name in every if "bbob" in name and "f2" in name]
        assert len(problems.shown) == 5
        assert str(problems.border_subtitle) == "5 with bbob f2"
        about = fresh_app.screen.query_one("#about", Static)
        assert problems.shown[0] in str(about.content), "what is described is what is seen"
        assert optimizers.shown == optimizers.names, "the other list is as it was"
        await press(pilot, "enter", "ctrl+a")
        assert fresh_app.focused is problems
        ticked = (every[0], *problems.shown)
        assert setup(fresh_app).form().problems == ticked, "what is hidden is still ticked"
        assert str(problems.border_title) == f"Problems 6 of {len(every)}"
        assert str(problems.border_subtitle) == "5 with bbob f2"
        await press(pilot, "slash", *"qq")  # goes on with what it was: letters, no command
        assert (problems.shown, problems.highlighted, str(about.content)) == ([], None, "")
        assert setup(fresh_app).form().problems == ticked
        await press(pilot, "escape")
        assert fresh_app.focused is problems
        assert problems.shown == every
        assert setup(fresh_app).form().problems == ticked
        assert not fresh_app.screen.query_one("#filter").display


async def test_a_preset_ticks_what_a_filter_hides(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        await press(pilot, "slash", *"bbob", "enter", "ctrl+d")
        assert set(setup(fresh_app).form().problems) == set(presets.load("first").problems)


async def test_presets_say_which_extras_they_lack(monkeypatch: pytest.MonkeyPatch, fresh_app: HpobenchApp) -> None:
    """All of them are offered, the one that needs nothing at the top; the list is wide enough to read why."""
    from hpobench_tui.core import compatibility

    found = compatibility.find_spec
    gone = ("torch", "optuna", "skopt", "hpbandster", "ioh", "cmaes", "sklearn", "polars")
    monkeypatch.setattr(compatibility, "find_spec", lambda name: None if name in gone else found(name))
    async with settled(fresh_app, SMALL) as pilot:
        await press(pilot, "ctrl+l")
        await until(pilot, lambda: "300 runs" in seen(fresh_app))
        await press(pilot, *"24 BBOB")
        assert "bbob  not installed for it: pip install 'hpobench-tui[bbob,optuna]'" in seen(fresh_app)
        await press(pilot, "enter")
        await until(pilot, lambda: "install with: pip install" in text(fresh_app, "said"))
        await press(pilot, "ctrl+u", *"first", "enter")
        await until(pilot, lambda: isinstance(fresh_app.screen, SetupScreen))
        assert not any(note.severity == "error" for note in fresh_app._notifications)
        assert set(setup(fresh_app).form().problems) == set(presets.load("first").problems)


async def test_a_missing_extra_is_shown_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_app: HpobenchApp
) -> None:
    from hpobench_tui.core import compatibility

    found = compatibility.find_spec
    monkeypatch.setattr(compatibility, "find_spec", lambda name: None if name == "optuna" else found(name))
    async with settled(fresh_app, SMALL) as pilot:
        options = fresh_app.screen.query_one("#optimizers", SelectionList)
        option = next(option for option in options.options if "optuna-tpe" in str(option.prompt))
        assert "not installed" in str(option.prompt)
        options.focus()
        await pilot.press("ctrl+a")
        assert "optuna-tpe" not in options.selected
        options.highlighted = options.options.index(option)
        await settle(pilot)
        assert "pip install 'hpobench-tui[optuna]'" in text(fresh_app, "about")
        options.select("optuna-tpe")
        tick(fresh_app, problems=["synthetic/branin"])
        await settle(pilot)
        assert "pip install 'hpobench-tui[optuna]'" in text(fresh_app, "verdict")


async def test_broken_plugins_are_named(faulty: Path, fresh_app: HpobenchApp) -> None:
    from hpobench_tui import plugins

    broken = {**plugins.problems().broken, **plugins.optimizers().broken}
    async with settled(fresh_app, SMALL):
        for name in broken:
            assert name in text(fresh_app, "broken")


async def test_results_list_open_and_go_back(folder: Path) -> None:
    app = HpobenchApp(None, Path("outputs"))
    async with settled(app, SMALL) as pilot:
        await press(pilot, "ctrl+o")
        assert isinstance(app.screen, ResultsScreen)
        row = [cell.text for cell in app.screen.query_one(Table).rows[0]]
        assert row[:6] == ["test-1", "finished", "bohb", "18/18", "1", "1970-01-01"]
        await press(pilot, "R")
        assert any("nothing to resume" in n.message for n in app._notifications)
        await press(pilot, "enter")
        assert isinstance(app.screen, Level)
        await press(pilot, "escape")
        assert isinstance(app.screen, ResultsScreen)
        await press(pilot, "escape")
        setup(app)


async def test_what_is_no_experiment_is_said(folder: Path) -> None:
    broken = Path("outputs/broken")
    broken.mkdir()
    (broken / "experiment.sqlite").write_text("not a store at all, though it is called one")
    app = HpobenchApp(None, Path("outputs"))
    async with settled(app, SMALL) as pilot:
        await press(pilot, "ctrl+o")
        assert "unreadable" in [row[1].text for row in app.screen.query_one(Table).rows]
        await press(pilot, "enter")
        assert any("is not an SQLite database" in n.message for n in app._notifications)


def test_a_form_without_problems_says_so() -> None:
    with pytest.raises(HpobenchError, match="Problems: tick at least one"):
        Form("x", (), ("random",), "5", "evaluations", "1", "0").experiment()


def test_the_first_screen_imports_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from hpobench_tui.tui.app import HpobenchApp\n"
        "async def main():\n"
        "    async with HpobenchApp().run_test(size=(80, 24)) as pilot:\n"
        "        await pilot.pause()\n"
        "        assert pilot.app.screen.query('#problems')\n"
        "asyncio.run(main())\n"
        "heavy = 'torch ConfigSpace scipy matplotlib optuna skopt sklearn hpbandster pandas polars'.split()\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = python("-c", script, cwd=tmp_path)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_variant_is_added_by_its_name(fresh_app: HpobenchApp, size: tuple[int, int]) -> None:
    async with settled(fresh_app, size) as pilot:
        problems = fresh_app.screen.query_one("#problems", PickList)
        every = problems.names
        await pilot.press("slash")
        fresh_app.screen.query_one("#filter", Input).value = "synthetic/ackley[d=-1]"
        await press(pilot, "enter")
        assert "'d' must be at least 1, not -1" in str(fresh_app.screen.query_one("#verdict", Static).render())
        assert problems.names == every, "nothing is added, and the filter can be mended"
        fresh_app.screen.query_one("#filter", Input).value = "synthetic/ackley[noise=0.0,d=10]"
        await press(pilot, "enter")
        assert fresh_app.focused is problems
        assert setup(fresh_app).form().problems == ("synthetic/ackley[d=10]",)
        assert problems.names.index("synthetic/ackley[d=10]") == problems.names.index("synthetic/ackley") + 1
        assert "10 float" in str(fresh_app.screen.query_one("#about", Static).render())
        assert "ackley[d=10]" in fresh_app.export_screenshot(), "brackets are no markup"


async def test_a_filter_typed_fast_is_no_trouble(fresh_app: HpobenchApp) -> None:
    """The message that the first line is highlighted comes when there is none any more."""
    async with settled(fresh_app, SMALL) as pilot:
        problems = fresh_app.screen.query_one("#problems", PickList)
        for pattern in ("synthetic/ackley", "synthetic/ackley[", "bandits", "no such"):
            problems.narrow(pattern)
        await settle(pilot)
        assert (problems.shown, problems.highlighted) == ([], None)


@pytest.mark.parametrize("name", presets.names())
async def test_the_form_makes_of_a_preset_what_the_preset_says(fresh_app: HpobenchApp, name: str) -> None:
    """All of it: report, limits, clock, recording, labels and settings, budgets by problem, orders."""
    if extras := presets.lacking(name):  # a preset that is refused for any other reason fails
        pytest.skip(f"needs {', '.join(extras)}")
    preset = presets.load(name)
    async with settled(fresh_app, SMALL) as pilot:
        await choose(pilot, name)
        assert setup(fresh_app).form().experiment() == preset


def test_the_form_keeps_everything_of_an_experiment_and_changes_what_is_changed() -> None:
    """Fields that an experiment may have, none at its default; a new one has to be kept by the form, too."""
    given = Experiment(
        name="all", problems=("synthetic/levy", "synthetic/branin"),
        contenders=(
            Contender("random", "second", {}), Contender("tpe", "tpe", plugins.optimizers()["tpe"].settings({})),
            Contender("random", "first", {}),
        ),
        budgets={"synthetic/levy": Budget.of("7", "evaluations"), "synthetic/branin": Budget.of("7", "evaluations")},
        repetitions=3, seed=5, device="cpu", workers=2, limits=Limits(1.5, 2.5, 3000), simulation=Simulation(workers=3),
        record=10, report="quintic report", only=(0, 2), together=4, curves=True,
        shard=Shard(2, 3),
    )  # fmt: skip
    real = replace(given, simulation=None, together=None, evaluations=3, synchronous=True)  # one excludes the other
    assert all(
        getattr(given, field.name) != field.default or getattr(real, field.name) != field.default
        for field in fields(Experiment)
        if field.name not in ("skipped", "notes", "code", "earlier")  # the form names no files, and extends nothing
    )
    form = Form.of(given)
    assert form.experiment() == given
    assert Form.of(real).experiment() == real
    assert "3 trials of a run are evaluated side by side, in rounds." in kept_words(Form.of(real))
    simulated = replace(Form.of(real), simulation=Simulation(workers=3))
    assert simulated.experiment().evaluations is None
    assert "side by side" not in kept_words(simulated)
    third = Budget.of("1/3", "seconds")
    exact = replace(given, budgets=dict.fromkeys(given.problems, third), simulation=None)
    made = Form.of(exact).experiment()
    assert made.budgets == exact.budgets, "not what its twelve digits say"
    fewer = replace(form, optimizers=("random: second", "sobol"), amount="9").experiment()
    assert [c.label for c in fewer.contenders] == ["second", "sobol"]
    assert {str(b.amount) for b in fewer.budgets.values()} == {"9"}

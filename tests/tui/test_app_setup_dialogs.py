"""The set-up screen's dialogs: settings, clock, brackets, files; and the form as a file says it."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Input
from tui_hands import LARGE, SMALL, press, settle, settled, text

from hpobench_tui import plugins
from hpobench_tui.core.brackets import hyperband
from hpobench_tui.core.budget import Budget
from hpobench_tui.core.experiment import Contender, Limits
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.engine.front import presets, spec, toml
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.form import Form
from hpobench_tui.tui.screens.setup import SetupScreen
from hpobench_tui.tui.screens.setup_clock import clock_form, clock_of
from hpobench_tui.tui.screens.setup_form import FormScreen
from hpobench_tui.tui.screens.setup_open import OpenScreen, SaveScreen, completed, files_at
from hpobench_tui.tui.screens.setup_optimizer import OptimizerScreen, bracket_table
from hpobench_tui.tui.widgets.choice import Choice
from hpobench_tui.tui.widgets.picklist import PickList

SIZES = [(60, 20), SMALL, (100, 30), (120, 40), (160, 45), LARGE, (240, 70)]
SPHERE = """
class Sphere:
    def __init__(self, size: float = 1.0):
        self.size = size
    def space(self):
        from ConfigSpace import ConfigurationSpace
        return ConfigurationSpace({"x": (-1.0, 1.0), "y": (-1.0, 1.0)})
    def __call__(self, configuration):
        return self.size * configuration["x"] ** 2 + configuration["y"] ** 2
"""


async def until(pilot: Pilot[None], happened: Callable[[], object], seconds: float = 30) -> None:
    """Wait for what a thread or a process does."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        await pilot.pause(0.02)
    await settle(pilot)


def setup(app: App[None]) -> SetupScreen:
    assert isinstance(app.screen, SetupScreen)
    return app.screen


async def look_up(pilot: Pilot[None], options: str, words: str) -> None:
    """Put the cursor on the first line of a list with these words."""
    pilot.app.screen.query_one(f"#{options}").focus()
    await press(pilot, "slash", *words, "enter")


async def type_into(pilot: Pilot[None], name: str, value: str) -> None:
    """Replace what stands in a dialog's field."""
    screen = pilot.app.screen
    assert isinstance(screen, FormScreen)
    number = [setting.name for setting in screen.settings].index(name)
    field = screen.query_one(f"#s{number}")
    field.focus()
    if isinstance(field, Choice):
        for _ in range(len(field.words)):
            if field.value == value:
                break
            await press(pilot, "right")
        assert field.value == value
    else:
        await press(pilot, "end", "ctrl+u", *value)


async def test_an_optimizer_stands_beside_itself_with_other_settings(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        await look_up(pilot, "optimizers", "hyperband")
        await press(pilot, "space", "e")
        screen = fresh_app.screen
        assert isinstance(screen, OptimizerScreen)
        await type_into(pilot, "eta", "1")
        assert "'eta' must be at least 2, not 1" in text(fresh_app, "h1")
        await press(pilot, "ctrl+r")
        assert fresh_app.screen is screen, "what is wrong is not applied"
        await type_into(pilot, "eta", "4")
        await type_into(pilot, "variant", "ceil")
        await type_into(pilot, "Label", "hb [b]4[/b]")
        await press(pilot, "ctrl+r")
        form = setup(fresh_app).form()
        assert form.optimizers == ("hyperband", "hyperband: hb [b]4[/b]")
        added = form.contender(form.optimizers[1])
        assert added == Contender("hyperband", "hb [b]4[/b]", {"eta": 4, "variant": "ceil"})
        options = fresh_app.screen.query_one("#optimizers", PickList)
        prompt = str(options.get_option_at_index(options.names.index(form.optimizers[1])).prompt)
        assert prompt.startswith("hb [b]4[/b]  hyperband eta=4 variant=ceil")


async def test_settings_under_the_same_label_replace_and_give_back(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        await look_up(pilot, "optimizers", "tpe")
        await press(pilot, "space", "e")
        await type_into(pilot, "candidates", "7")
        await press(pilot, "ctrl+r")
        form = setup(fresh_app).form()
        (key,) = form.optimizers
        assert (form.contender(key).label, form.contender(key).parameters["candidates"]) == ("tpe", 7)
        default = plugins.optimizers()["tpe"].settings({})["candidates"]
        await press(pilot, "e")
        await type_into(pilot, "candidates", str(default))
        await press(pilot, "ctrl+r")
        assert setup(fresh_app).form().optimizers == ("tpe",)


async def test_a_problem_gets_parameters_and_a_budget_of_its_own(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        await look_up(pilot, "problems", "synthetic/ackley")
        await press(pilot, "e")
        await type_into(pilot, "d", "0")
        assert "'d' must be at least 1, not 0" in text(fresh_app, "h0")
        await type_into(pilot, "d", "10")
        assert "10 float" in text(fresh_app, "said")
        await type_into(pilot, "own budget", "many")
        assert "own budget: the amount must be a finite number" in text(fresh_app, "said")
        await type_into(pilot, "own budget", "7")
        await press(pilot, "ctrl+r")
        form = setup(fresh_app).form()
        assert form.problems == ("synthetic/ackley[d=10]",)
        assert form.budgets == {"synthetic/ackley[d=10]": Budget.of(7, "evaluations")}
        assert "7 evaluations" in text(fresh_app, "about")
        await press(pilot, "e")
        await type_into(pilot, "own budget", "")
        await press(pilot, "ctrl+r")
        assert setup(fresh_app).form().budgets == {}


async def test_brackets_are_the_optimizer_s_own(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        await look_up(pilot, "optimizers", "hyperband")
        await press(pilot, "e")
        assert "tick a problem with a fidelity" in text(fresh_app, "brackets")
        await press(pilot, "escape")
        await look_up(pilot, "problems", "hartmann6-mf")
        await press(pilot, "space")
        await look_up(pilot, "optimizers", "hyperband")
        await press(pilot, "e")
        await type_into(pilot, "eta", "4")
        info = plugins.problems()["synthetic/hartmann6-mf"]
        assert info.fidelity is not None
        wanted = bracket_table(hyperband(4, info.fidelity.maximum), info)
        await until(pilot, lambda: text(fresh_app, "brackets") == wanted)


def test_a_bracket_table_has_a_line_a_bracket() -> None:
    info = plugins.problems()["synthetic/hartmann6-mf"]
    lines = bracket_table(hyperband(3, 9), info).splitlines()
    assert [line.split() for line in lines[1:4]] == [
        ["2", "9x1", "3x3", "1x9", "27"],
        ["1", "3x3", "1x9", "18"],
        ["0", "3x9", "27"],
    ]


async def test_the_clock_s_form_gives_what_it_shows(fresh_app: HpobenchApp) -> None:
    limits, simulation = Limits(1.5, 2.5, 3000), Simulation(8, True, False, 1.0, 0.5, 0.25, 4.0, 0.125)
    for wanted in ((limits, simulation, None), (Limits(), None, None)):
        screen = clock_form(*wanted)
        assert clock_of({setting.name: setting.read(setting.text) for setting in screen.settings}) == wanted
    async with settled(fresh_app, (60, 20)) as pilot:
        await press(pilot, "ctrl+t")
        await type_into(pilot, "clock", "simulated")
        await type_into(pilot, "workers", "8")
        await type_into(pilot, "straggler_rate", "2")
        assert "straggler_rate: must be a number from 0 to 1, not 2." in text(fresh_app, "h6")
        await type_into(pilot, "straggler_rate", "0.5")
        await type_into(pilot, "memory_mb", "none")
        await type_into(pilot, "trial_seconds", "10")
        await press(pilot, "ctrl+r")
        form = setup(fresh_app).form()
        assert form.simulation == Simulation(workers=8, straggler_rate=0.5)
        assert form.limits == Limits(trial_seconds=10.0)
        assert "workers 8, straggler rate 0.5" in text(fresh_app, "kept")
        assert "trial seconds 10" in text(fresh_app, "kept")


def full(folder: Path) -> Form:
    """A form with nothing at its default."""
    (folder / "mine.py").write_text(SPHERE)
    return Form.of(
        spec.build(
            "all",
            ["synthetic/mixed", f"{folder}/mine.py:Sphere", "synthetic/conditional"],
            [
                "random", {"name": "hyperband", "label": 'hb "4" [b] 界', "eta": 4},
                {"name": "random", "label": "again"},
                {"name": "tpe", "label": "tpe", "candidates": 7},
            ],
            budgets={
                "synthetic/mixed": Budget.of(0.5, "seconds"), "synthetic/conditional": Budget.of(9, "evaluations"),
                f"{folder}/mine.py:Sphere": Budget.of(9, "evaluations"),
            },
            repetitions=7, seed=2**63 - 1, device="cpu", workers=3, limits=Limits(1.5, 2.5, 3000), record=10,
            only="0-2,5",
        )
    )  # fmt: skip


def test_a_form_is_the_file_that_it_writes(tmp_path: Path) -> None:
    form = full(tmp_path)
    (tmp_path / "all.toml").write_text(toml.write(form.data()))
    loaded = spec.load(tmp_path / "all.toml")
    assert Form.of(loaded) == form
    assert loaded == form.experiment()
    assert loaded.only == (0, 1, 2, 5)
    assert set(loaded.code.problems) == {"mine/Sphere"}


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_s_form_is_the_file_that_it_writes(name: str) -> None:
    if extras := presets.lacking(name):
        pytest.skip(f"needs {', '.join(extras)}")  # without them the preset is refused, which has its own test
    form = Form.of(presets.load(name))
    assert Form.of(spec.parse(toml.write(form.data()), "saved")) == form


async def test_saved_is_opened_again(tmp_path: Path, fresh_app: HpobenchApp) -> None:
    form = full(tmp_path)
    async with settled(fresh_app, SMALL) as pilot:
        setup(fresh_app).fill(form, "here")
        await settle(pilot)
        assert setup(fresh_app).form() == form
        await press(pilot, "ctrl+s", "enter")
        assert Path("all.toml").is_file()
        await press(pilot, "ctrl+s")
        assert isinstance(fresh_app.screen, SaveScreen)
        await press(pilot, "enter", "n")
        assert isinstance(fresh_app.screen, SaveScreen), "writing over it was asked"
        Path("all.toml").write_text("another")
        await press(pilot, "enter", "y")
        assert "another" not in Path("all.toml").read_text()
        await press(pilot, "ctrl+d")
        assert setup(fresh_app).form().name == "first"
        await press(pilot, "ctrl+l", *"all.t", "tab", "enter")
        await until(pilot, lambda: isinstance(fresh_app.screen, SetupScreen))
        assert setup(fresh_app).form() == form
        assert "all.toml" in str(fresh_app.screen.query_one("#summary").border_title)


async def test_what_cannot_be_opened_or_saved_is_said_in_place(tmp_path: Path, fresh_app: HpobenchApp) -> None:
    Path("broken.toml").write_text("name = [")
    async with settled(fresh_app, SMALL) as pilot:
        await press(pilot, "ctrl+l", *"broken.toml", "enter")
        await until(pilot, lambda: "not valid TOML" in text(fresh_app, "said"))
        for path in ("no/such.toml", "~no-one/x.toml"):
            await press(pilot, "ctrl+u", *path, "enter")
            await until(pilot, lambda path=path: f"experiment file {path}" in text(fresh_app, "said"))  # type: ignore[misc]
        await press(pilot, "escape", "ctrl+s")
        assert setup(fresh_app).query_one("#verdict").has_class("error"), "an empty form is not saved"
        await press(pilot, "ctrl+d", "ctrl+s")
        none = [(path, "cannot write") for path in ("no/folder/x.toml", "~no-one/x.toml")]
        for path, wrong in (("x.txt", "must end in .toml"), ("", "Name a file"), *none):
            await press(pilot, "end", "ctrl+u", *path, "enter")
            assert wrong in text(fresh_app, "said")


def test_paths_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("alpha/one.toml", "alpha/only.toml", "alpha/other.txt", "beta.toml"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("")
    assert [offer.name for offer in files_at("")] == ["beta.toml"]
    assert [offer.name for offer in files_at("alpha/")] == ["alpha/one.toml", "alpha/only.toml"]
    assert [offer.name for offer in files_at("./a")] == ["./alpha/"]
    assert completed("alpha/o") == "alpha/on"
    assert completed("alpha/one") == "alpha/one.toml"
    assert completed("no/such") == ""
    assert files_at("\0") == []
    assert files_at("~nobody-of-this-name/") == []


async def test_something_in_a_file_of_one_s_own_is_added(fresh_app: HpobenchApp) -> None:
    Path("mine.py").write_text(f"import time\ntime.sleep(0.5)\n{SPHERE}")
    async with settled(fresh_app, SMALL) as pilot:
        await press(pilot, "slash", *"./mine.py:Spher", "enter")
        assert "Describing ./mine.py:Spher" in text(fresh_app, "verdict")
        await until(pilot, lambda: "Did you mean 'Sphere'" in text(fresh_app, "verdict"))
        await press(pilot, "e", "enter")
        await until(pilot, lambda: setup(fresh_app).form().problems == ("mine/Sphere",))
        assert isinstance(fresh_app.focused, PickList)
        assert "2 float" in text(fresh_app, "about")
        fresh_app.screen.query_one("#optimizers", PickList).select("random")
        await settle(pilot)
        experiment = setup(fresh_app).form().experiment()
        assert set(experiment.code.problems) == {"mine/Sphere"}
        await press(pilot, "e")
        await type_into(pilot, "size", "3.5")
        await type_into(pilot, "own budget", "6")
        await press(pilot, "ctrl+r")
        await until(pilot, lambda: "mine/Sphere[size=3.5]" in setup(fresh_app).form().problems)
        assert setup(fresh_app).form().budgets == {"mine/Sphere[size=3.5]": Budget.of(6, "evaluations")}
        fresh_app.screen.query_one("#problems", PickList).tick_only(["synthetic/branin"])
        await settle(pilot)
        assert not setup(fresh_app).form().experiment().code, "what is not ticked is not copied"


async def test_lists_are_narrowed_by_kind(fresh_app: HpobenchApp, monkeypatch: pytest.MonkeyPatch) -> None:
    from hpobench_tui.core import compatibility

    found = compatibility.find_spec
    monkeypatch.setattr(compatibility, "find_spec", lambda name: None if name == "optuna" else found(name))
    async with settled(fresh_app, SMALL) as pilot:
        problems, optimizers = (fresh_app.screen.query_one(f"#{name}", PickList) for name in ("problems", "optimizers"))
        await press(pilot, "k")
        kind = problems.kind
        assert problems.shown == [info.id for info in plugins.problems() if kind in (info.suite, *info.tags)] != []
        await press(pilot, "K")
        assert problems.shown == problems.names
        optimizers.focus()
        await press(pilot, "slash", *"third-party not-ins", "enter")
        assert optimizers.shown == ["optuna-tpe"]
        assert text(fresh_app, "about").startswith("pip install 'hpobench-tui[optuna]'")
        await press(pilot, "escape", "slash", *"native fidelity", "enter")
        assert "hyperband" in optimizers.shown
        assert all(plugins.optimizers()[name].capabilities.multi_fidelity for name in optimizers.shown)
        assert "hpbandster-bohb" not in optimizers.shown


@pytest.mark.parametrize("size", SIZES)
async def test_every_field_is_in_sight(fresh_app: HpobenchApp, size: tuple[int, int]) -> None:
    async with settled(fresh_app, size) as pilot:
        await press(pilot, "ctrl+d")
        screen = fresh_app.screen
        seeds = screen.query_one("#repetitions", Input)
        seeds.value = "99999999"
        await settle(pilot)
        for field in (*screen.query(Input), *screen.query(Choice)):
            if field.display:
                assert Region(0, 0, *size).contains_region(field.region), field.id
                assert field.region.width >= 10, field.id
        for choice in screen.query(Choice):
            assert choice.content_size.width >= 4 + len(choice.value), choice.id
        shown = "\n".join(line.text for line in screen._compositor.render_strips())
        assert "99999999" in shown
        for title in ("Device", "Base seed", "Record"):
            assert title in shown


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keys", [["ctrl+l"], ["ctrl+t"], ["ctrl+d", "ctrl+s"], ["ctrl+d", "tab", "e"]])
async def test_a_dialog_s_buttons_and_fields_can_be_reached(
    fresh_app: HpobenchApp, size: tuple[int, int], keys: list[str]
) -> None:
    async with settled(fresh_app, size) as pilot:
        await press(pilot, *keys)
        screen = fresh_app.screen
        assert not isinstance(screen, SetupScreen)
        for button in ("#close", "#yes"):
            assert Region(0, 0, *size).contains_region(screen.query_one(button).region)
        for field in (*screen.query(Input), *screen.query(Choice)):
            field.focus()
            await until(pilot, lambda field=field: Region(0, 0, *size).contains_region(field.region))  # type: ignore[misc]


@pytest.mark.parametrize(
    "keys",
    [
        ("ctrl+l", *"24 bbob", "tab", "ctrl+u", *"first", "enter", "tab", "tab", "ctrl+u", *"77"),
        ("ctrl+d", "ctrl+t", "right", "tab", "ctrl+u", "4", "ctrl+r", "tab", "tab", "end", "ctrl+u", *"99"),
        (
            "tab",
            "slash",
            *"hyperband",
            "enter",
            "e",
            "end",
            "ctrl+u",
            *"hb",
            "tab",
            "end",
            "ctrl+u",
            "4",
            "ctrl+r",
            "tab",
        ),
        ("ctrl+d", "ctrl+s", "end", "ctrl+u", *"x.toml", "enter", "slash", *"bbob"),
    ],
)
async def test_dialogs_lose_nothing_of_a_burst(
    keys: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = []
    for burst in (True, False):
        monkeypatch.chdir(tmp_path_factory.mktemp("here"))
        app = HpobenchApp(None, Path("outputs"))
        async with settled(app, SMALL) as pilot:
            if burst:
                for key in keys:
                    app.post_message(events.Key(key, key if len(key) == 1 else None))
            else:
                for key in keys:
                    await press(pilot, key)
            await pilot.pause(0.05)
            await settle(pilot)
            form = setup(app).form()
            found.append((replace(form), app.focused and app.focused.id, app.screen.query_one("#filter", Input).value))
    assert found[0] == found[1]


async def test_letters_are_no_keys_while_one_types(fresh_app: HpobenchApp) -> None:
    async with settled(fresh_app, SMALL) as pilot:
        offered = {active.binding.key for active in fresh_app.screen.active_bindings.values()}
        assert {"slash", "e", "k"} <= offered
        fresh_app.screen.query_one("#name").focus()
        await settle(pilot)
        offered = {active.binding.key for active in fresh_app.screen.active_bindings.values()}
        assert not {"slash", "e", "k"} & offered


async def test_an_open_dialog_is_no_place_for_markup(fresh_app: HpobenchApp) -> None:
    Path("[b]odd[b].toml").write_text("name = 1")
    async with settled(fresh_app, SMALL) as pilot:
        await press(pilot, "ctrl+l")
        assert isinstance(fresh_app.screen, OpenScreen)
        await press(pilot, *"[b]o")
        assert "[b]odd[b].toml" in "\n".join(line.text for line in fresh_app.screen._compositor.render_strips())

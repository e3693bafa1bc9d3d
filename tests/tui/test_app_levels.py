"""The live screen's keys, on a small and on a large terminal."""

from pathlib import Path

import pytest
from textual.binding import Binding
from textual.geometry import Region
from textual.widget import Widget
from tui_hands import LARGE, SMALL, look, press, settle, settled, text
from tui_stores import write_experiment

from factories import change
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.export import bundle
from hpobench_tui.export.formats import FORMATS
from hpobench_tui.tui import app as app_module
from hpobench_tui.tui import settings
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.palette import Places
from hpobench_tui.tui.panels.problem import PANELS
from hpobench_tui.tui.screens.confirm import ConfirmScreen
from hpobench_tui.tui.screens.export import ExportScreen
from hpobench_tui.tui.screens.help import HelpScreen
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.overview import OverviewScreen
from hpobench_tui.tui.screens.replay import MARKS, PLACES
from hpobench_tui.tui.screens.results import ResultsScreen
from hpobench_tui.tui.screens.setup import SetupScreen
from hpobench_tui.tui.widgets.chart import Chart
from hpobench_tui.tui.widgets.table import Table

NEXT = "(SELECT ifnull(max(revision), 0) + 1 FROM run)"
"""As a writer's next commit marks what it changes."""


def shown(app: HpobenchApp) -> list[str]:
    return [panel.name for panel in PANELS if app.screen.query_one(panel).is_on_screen]


def live(app: HpobenchApp) -> Level:
    assert isinstance(app.screen, Level)
    return app.screen


async def test_panels_of_a_small_terminal(app: HpobenchApp) -> None:
    async with settled(app, SMALL) as pilot:
        assert shown(app) == ["chart", "anytime"]
        await press(pilot, "4")
        assert shown(app) == ["chart", "brackets"]
        await press(pilot, "1")
        assert shown(app) == ["brackets"]
        await press(pilot, "4")
        assert shown(app) == ["brackets"], "the last panel stays"
        await press(pilot, "0")
        assert shown(app) == ["chart", "anytime"]


async def test_panels_of_a_large_terminal_and_a_resize(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:
        fitting = [panel.name for panel in PANELS if panel.name != "learning"]  # there is no fidelity
        assert shown(app) == fitting
        await press(pilot, "2", "7")
        assert shown(app) == [name for name in fitting if name not in ("anytime", "log")]
        await pilot.resize_terminal(*SMALL)
        await settle(pilot)
        assert shown(app) == ["chart", "anytime"]


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_keys_choose_what_the_chart_shows(app: HpobenchApp, size: tuple[int, int]) -> None:
    async with settled(app, size) as pilot:
        screen, chart = live(app), live(app).chart
        assert screen.view.problem == "toy/one"
        await press(pilot, "right_square_bracket")
        assert screen.view.problem == "toy/zero"
        await press(pilot, "left_square_bracket")
        assert screen.view.problem == "toy/one"
        await press(pilot, "m")
        assert screen.view.measure is Measure.CUMULATIVE
        await press(pilot, "a")
        assert screen.view.axis is Axis.EVALUATIONS
        assert chart.focused_label == "bohb", "the best"
        await press(pilot, "n", "n")
        assert chart.focused_label == "hyperband"
        await press(pilot, "N")
        assert chart.focused_label == "random"
        chart.focus()
        await press(pilot, "X")
        assert (chart.x_log, chart.y_log) == (False, True)
        await press(pilot, "Y")
        assert (chart.x_log, chart.y_log) == (False, False)


async def test_a_log_axis_without_positive_values_is_refused_with_the_reason(app: HpobenchApp) -> None:
    async with settled(app, SMALL) as pilot:
        live(app).chart.focus()
        await press(pilot, "right_square_bracket", "Y", "Y")
        assert not live(app).chart.y_log
        assert any("No positive value on the y axis" in n.message for n in app._notifications)


async def test_zoom_pan_and_read_out(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:
        chart = live(app).chart
        whole = chart.visible_x
        assert whole is not None
        chart.focus()
        await pilot.press("right")
        first = chart.reading
        await pilot.press("right")
        assert first is not None
        assert chart.reading is not None
        assert chart.reading > first
        await pilot.press("plus")
        zoomed = chart.visible_x
        assert zoomed is not None
        assert zoomed.upper / zoomed.lower < whole.upper / whole.lower
        await pilot.press("shift+right")
        assert chart.visible_x != zoomed
        await press(pilot, "equals_sign", "escape")
        assert chart.visible_x == whole
        assert chart.reading is None
        await pilot.hover(Chart, offset=(40, 8))
        assert chart.reading is not None


async def test_clicking_the_legend_puts_a_series_on_top(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:
        chart = live(app).chart
        await pilot.click(Chart, offset=(chart.size.width - 10, 3))
        await settle(pilot)
        assert chart.focused_label == "bohb"


async def test_the_row_under_the_cursor_is_on_top_and_a_known_solution_nobody(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:
        table = app.screen.query_one("#anytime", Table)
        labels = [row[0].text.split()[-1] for row in table.rows]
        assert sorted(labels[:3]) == ["bohb", "hyperband", "random"]
        assert labels[3] == "textbook"
        for row in (2, 0, 1, 3):
            await pilot.click("#anytime", offset=(5, row + 1))
            await settle(pilot)
            assert live(app).chart.focused_label == labels[min(row, 2) if row < 3 else 1]


async def test_tables_show_failures_and_brackets(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:
        rows = {row[0].text: [cell.text for cell in row] for row in app.screen.query_one("#anytime", Table).rows}
        assert rows["■ bohb"][5:7] == ["2/3", "1"]
        brackets = [[cell.text for cell in row] for row in app.screen.query_one("#brackets", Table).rows]
        assert [row[3] for row in brackets] == ["9/9", "3/3", "1/1", "3/3", "1/1", "1/3"]
        assert [row[5] for row in brackets] == ["3 of 9", "1 of 3", "·", "1 of 3", "·", "·"]
        app.screen.query_one("#runs", Table).focus()
        await press(pilot, "f")
        first = app.screen.query_one("#runs", Table).rows[0]
        assert (first[2].text, first[-1].text) == ("failed", "ValueError: no good")


async def test_help_lists_every_key(app: HpobenchApp) -> None:
    async with settled(app, SMALL) as pilot:
        described = {b.description for b in Level.BINDINGS if isinstance(b, Binding) and b.description}
        await press(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        listed = {row[1].text for row in app.screen.query_one(Table).rows}
        assert described <= listed
        await press(pilot, "escape")
        live(app)


async def test_the_palette_leads_to_every_place_and_to_nothing_else(app: HpobenchApp) -> None:
    async with settled(app, SMALL) as pilot:
        for kind, name, happened in (
            ("problem", "toy/zero", lambda: live(app).view.problem == "toy/zero"),
            ("optimizer", "bohb", lambda: live(app).view.label == "bohb"),
            ("measure", "incumbent loss", lambda: live(app).view.measure is Measure.INCUMBENT),
        ):
            assert (kind, name) in [(k, n) for k, n, _ in live(app).places()]
            await press(pilot, "colon", *name.replace("/", " ").replace(" ", ""))
            await pilot.pause(0.3)
            await press(pilot, "enter")
            await pilot.pause(0.2)
            await settle(pilot)
            assert happened(), name
        assert {Places} == app.COMMANDS


async def test_help_is_read_from_its_first_word_to_its_last_key_in_a_small_terminal(app: HpobenchApp) -> None:
    async with settled(app, (60, 20)) as pilot:
        await press(pilot, "question_mark")
        about, table = app.screen.query(".about").first(), app.screen.query_one(Table)
        dialog = app.screen.query_one(".dialog").content_region
        assert dialog.y <= about.region.y < dialog.bottom
        await press(pilot, "end")
        assert table.region.bottom <= dialog.bottom


async def test_cancel_asks_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = HpobenchApp(write_experiment(tmp_path, "running", "running"), tmp_path)
    sent: list[str] = []
    monkeypatch.setattr(lifecycle, "supervised", lambda folder: True)
    monkeypatch.setattr(lifecycle, "send", lambda folder, verb, run=None: sent.append(verb))
    async with settled(app, SMALL) as pilot:
        await press(pilot, "c")
        assert isinstance(app.screen, ConfirmScreen)
        await press(pilot, "enter")  # the button with the focus says no
        assert sent == []
        await press(pilot, "c", "y")
        assert sent == ["cancel"]


async def test_nothing_to_pause_or_cancel_is_said(app: HpobenchApp) -> None:
    async with settled(app, SMALL) as pilot:
        await press(pilot, "p", "c")
        said = [n.message for n in app._notifications]
        assert any("nothing to pause" in text for text in said)
        assert any("nothing to cancel" in text for text in said)


async def test_pause_and_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(lifecycle, "supervised", lambda folder: True)
    monkeypatch.setattr(lifecycle, "send", lambda folder, verb, run=None: sent.append(verb))
    for status in ("running", "paused"):
        app = HpobenchApp(write_experiment(tmp_path, status, status), tmp_path)
        async with settled(app, SMALL) as pilot:
            await press(pilot, "p")
    assert sent == ["pause", "unpause"]


async def test_export_writes_and_says_where(app: HpobenchApp, folder: Path) -> None:
    async with settled(app, SMALL) as pilot:
        await press(pilot, "e")
        screen = app.screen
        assert isinstance(screen, ExportScreen)
        await pilot.press("ctrl+r")
        await app.workers.wait_for_complete()
        await settle(pilot)
        said = str(screen.query_one("#result").render())
        assert "table.csv" in said
        assert (folder / "exports" / "table.tex").is_file()


async def test_export_says_all_of_the_format_under_the_cursor_and_asks_models(
    app: HpobenchApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A narrow line cuts what a format is; figures of what a model believed are made from here, too."""
    given: dict[str, object] = {}
    monkeypatch.setattr(bundle, "export", lambda *_, **named: given.update(named) or bundle.Exported([], []))
    async with settled(app, SMALL) as pilot:
        await press(pilot, "e")
        for name, form in FORMATS.items():
            said = app.screen.query_one("#about")
            assert " ".join(str(said.render()).split()) == f"{name}: {form.description}"
            assert said.get_content_height(said.size, app.size, said.size.width) <= said.size.height, name
            await press(pilot, "down")
        await pilot.press("ctrl+r")
        await app.workers.wait_for_complete()
    assert given["figures"].look is not None  # type: ignore[attr-defined]


async def test_export_says_in_place_what_is_wrong(app: HpobenchApp, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    async with settled(app, SMALL) as pilot:
        await press(pilot, "e")
        app.screen.query_one("#folder").value = "a-file/below"  # type: ignore[attr-defined]
        await pilot.press("ctrl+r")
        await app.workers.wait_for_complete()
        await settle(pilot)
        result = app.screen.query_one("#result")
        assert result.has_class("error")
        assert "a-file" in str(result.render())


async def test_up_leads_to_overview_results_and_set_up(app: HpobenchApp) -> None:
    async with settled(app, SMALL) as pilot:
        for screen in (OverviewScreen, ResultsScreen, SetupScreen):
            await press(pilot, "escape")
            assert isinstance(app.screen, screen)


async def test_a_tick_repaints_no_whole_panel_and_lays_nothing_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "supervised", lambda folder: True)
    folder = write_experiment(tmp_path, "busy", "running")
    app = HpobenchApp(folder, tmp_path)
    async with settled(app, LARGE) as pilot:
        await pilot.pause(0.3)  # the footer is made anew a little later
        await settle(pilot)
        screen = live(app)
        change(folder, f"UPDATE run SET status = 'running', spent = 12, revision = {NEXT} WHERE id < 9")
        await look(pilot)
        whole: list[tuple[str | None, bool]] = []
        refresh = Widget.refresh

        def spy(self: Widget, *places: Region, layout: bool = False, **more: bool) -> Widget:
            if layout or (self.has_class("panel") and not places):
                whole.append((self.id, layout))
            return refresh(self, *places, layout=layout, **more)

        monkeypatch.setattr(Widget, "refresh", spy)
        change(folder, f"UPDATE run SET spent = 40, revision = {NEXT} WHERE id < 9")
        before = str(screen.query_one("#status").render())
        await look(pilot)
        assert str(screen.query_one("#status").render()) != before
        assert [entry for entry in whole if entry[0] != "runs-panel"] == [], "its title counts the runs that ended"


def test_run_refuses_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HpobenchError, match="no experiment at"):
        app_module.run(attach=tmp_path / "nowhere")
    with pytest.raises(HpobenchError, match=r"unknown preset 'quik'.*'quick'"):
        app_module.run(preset="quik")


async def test_what_no_screen_shows_any_more_is_not_read(app: HpobenchApp, folder: Path) -> None:
    async with settled(app, SMALL) as pilot:
        feed = live(app).feed
        app.watch_experiment(folder)
        await settle(pilot)
        assert live(app).feed is feed, "screens of one experiment share what is read of it"
        await press(pilot, "escape")
        assert live(app).feed is feed
        assert not feed._closed
        await press(pilot, "escape", "escape")
        await pilot.pause(0.05)
        assert feed._closed
        feed.join()
        assert not feed._thread.is_alive()


async def test_layout_and_theme_survive_a_restart(app: HpobenchApp, folder: Path) -> None:
    async with settled(app, SMALL) as pilot:
        await press(pilot, "4")
        assert shown(app) == ["chart", "brackets"]
        app.theme = "textual-light"
        await settle(pilot)
    again = HpobenchApp(folder, Path("outputs"))
    async with settled(again, SMALL) as pilot:
        assert shown(again) == ["chart", "brackets"]
        assert again.theme == "textual-light"
        await press(pilot, "0")
        assert shown(again) == ["chart", "anytime"]
    settings.path().write_text("[no json")
    settings._known.clear()
    async with settled(HpobenchApp(folder, Path("outputs")), SMALL):
        pass


async def test_zoom_shows_one_panel_and_gives_the_others_back(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:
        before = shown(app)
        app.screen.query_one("#runs", Table).focus()
        await press(pilot, "z")
        assert shown(app) == ["runs"]
        await press(pilot, "escape")
        assert shown(app) == before


async def test_help_teaches_how_to_read_what_is_shown(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:
        expected = [panel.help for panel in live(app).shown]
        await press(pilot, "question_mark")
        about = "\n".join(str(words.render()) for words in app.screen.query(".about"))
        assert all(text in about for text in expected)


async def test_a_replay_travels_through_the_budget(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:
        await press(pilot, "r", "p")
        first = live(app).view.at
        assert first is not None
        await press(pilot, "full_stop", "full_stop")
        assert live(app).view.at > first
        assert f"{live(app).view.at:.2%}" in text(app, "status")
        await press(pilot, "comma")
        assert first < live(app).view.at < PLACES[-1]
        await press(pilot, "escape")
        assert live(app).view.at is None
        assert isinstance(app.screen, Level)
        await press(pilot, "comma")
        assert live(app).view.at == MARKS[-1]
        await press(pilot, "full_stop")
        assert live(app).view.at is None


async def test_only_what_has_ended_is_replayed(tmp_path: Path) -> None:
    running = HpobenchApp(write_experiment(tmp_path, "running", "running"), tmp_path)
    async with settled(running, SMALL) as pilot:
        await press(pilot, "r")
        assert live(running).view.at is None
        assert any("that has ended" in n.message for n in running._notifications)


async def test_a_resize_leaves_the_feed_to_the_level_in_front(app: HpobenchApp) -> None:
    """Textual resizes the screen below as well; what that wants is not what is on the screen."""
    async with settled(app, LARGE) as pilot:
        problem = live(app)
        problem.down(problem.view.but(label="random", run=1))
        await settle(pilot)
        run = live(app)
        assert (run.LEVEL, run.in_front, problem.in_front) == ("run", True, False)
        await pilot.resize_terminal(*SMALL)
        await settle(pilot)
        assert set(run.wanted()) <= set(run.feed._wanted) != set(problem.wanted())
        await pilot.press("question_mark")
        assert run.in_front, "dialogs leave it there"
        await press(pilot, "escape", "escape")
        assert (app.screen, shown(app)) == (problem, ["chart", "anytime"])


KEYS_OF_ALL_LEVELS = (
    "v", "v", "question_mark", "escape", "enter", *"1234567", "0", "n", "m", "question_mark", "escape", "enter",
    *"123456", "0", "question_mark", "escape", "enter", "escape", "e", "escape", "slash", "b", "escape", "r", "p",
    "escape", "colon", "b", "escape", "ctrl+o", "space", "D", "escape", "question_mark", "escape", "escape", "ctrl+l",
    "escape", "e", "escape", "ctrl+t", "escape", "ctrl+s", "escape",
)  # fmt: skip


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_ascii_is_ascii_on_every_screen(
    folder: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("HPOBENCH_ASCII", "1")
    app = HpobenchApp(folder, Path("outputs"))
    async with settled(app, size) as pilot:
        for key in (None, *KEYS_OF_ALL_LEVELS):
            if key is not None:
                await press(pilot, key)
            lines = ["".join(s.text for s in line) for line in app.screen._compositor.render_strips()]
            found = {c: (key, line.strip()[:80]) for line in lines for c in line if not c.isascii()}
            assert not found


async def test_a_message_to_a_screen_that_was_just_left_does_nothing(app: HpobenchApp) -> None:
    """Its panels are not displayed any more, whatever it would have them be."""
    async with settled(app, SMALL) as pilot:
        await press(pilot, "enter")
        left = live(app)
        await press(pilot, "escape")
        assert app.screen is not left
        left.look(left.view)
        await pilot.pause()
        assert live(app).shown

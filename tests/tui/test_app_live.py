"""The live screen's keys, on a small and on a large terminal."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from textual.geometry import Region
from textual.widget import Widget
from tui_hands import LARGE, SMALL, press, settle, settled
from tui_stores import add_trial, write_experiment

from factories import change, history, run_row, store
from hpobench_tui.analysis.brackets import fill
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.measure import Measure
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.tui import app as app_module
from hpobench_tui.tui import feed as feed_module
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.feed import Feed
from hpobench_tui.tui.panels import PANELS
from hpobench_tui.tui.screens.confirm import ConfirmScreen
from hpobench_tui.tui.screens.export import ExportScreen
from hpobench_tui.tui.screens.help import HelpScreen
from hpobench_tui.tui.screens.live import LiveScreen
from hpobench_tui.tui.screens.setup import SetupScreen
from hpobench_tui.tui.widgets.chart import Chart
from hpobench_tui.tui.widgets.table import Table

NEXT = "(SELECT ifnull(max(revision), 0) + 1 FROM run)"
"""As a writer's next commit marks what it changes."""


def shown(app: HpobenchApp) -> list[str]:
    return [panel.name for panel in PANELS if app.screen.query_one(panel).is_on_screen]


def live(app: HpobenchApp) -> LiveScreen:
    assert isinstance(app.screen, LiveScreen)
    return app.screen


async def test_panels_of_a_small_terminal(app: HpobenchApp) -> None:
    async with settled(app, SMALL) as pilot:
        assert shown(app) == ["chart", "anytime"]
        await press(pilot, "3")
        assert shown(app) == ["chart", "brackets"]
        await press(pilot, "1")
        assert shown(app) == ["brackets"]
        await press(pilot, "3")
        assert shown(app) == ["brackets"], "the last panel stays"
        await press(pilot, "0")
        assert shown(app) == ["chart", "anytime"]


async def test_panels_of_a_large_terminal_and_a_resize(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:
        assert shown(app) == [panel.name for panel in PANELS]
        await press(pilot, "2", "5")
        assert shown(app) == [panel.name for panel in PANELS if panel.name not in ("anytime", "log")]
        await pilot.resize_terminal(*SMALL)
        await settle(pilot)
        assert shown(app) == ["chart", "anytime"]


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_keys_choose_what_the_chart_shows(app: HpobenchApp, size: tuple[int, int]) -> None:
    async with settled(app, size) as pilot:
        screen, chart = live(app), live(app).chart
        assert screen.feed.problem == "toy/one"
        await pilot.press("right_square_bracket")
        assert screen.feed.problem == "toy/zero"
        await pilot.press("left_square_bracket")
        assert screen.feed.problem == "toy/one"
        await pilot.press("m")
        assert screen.measure is Measure.CUMULATIVE
        await pilot.press("a")
        assert screen.axis is Axis.EVALUATIONS
        assert chart.focused_label == "random"
        await pilot.press("n", "n")
        assert chart.focused_label == "bohb"
        await pilot.press("N")
        assert chart.focused_label == "hyperband"
        await pilot.press("X")
        assert (chart.x_log, chart.y_log) == (False, True)
        await pilot.press("Y")
        assert (chart.x_log, chart.y_log) == (False, False)


async def test_a_log_axis_without_positive_values_is_refused_with_the_reason(app: HpobenchApp) -> None:
    async with settled(app, SMALL) as pilot:
        await press(pilot, "right_square_bracket", "Y", "Y")
        assert not live(app).chart.y_log
        assert any("No positive value on the y axis" in n.message for n in app._notifications)


async def test_zoom_pan_and_read_out(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:
        chart = live(app).chart
        whole = chart.visible_x
        assert whole is not None
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
        await pilot.press("equals_sign", "escape")
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


async def test_a_row_of_medians_puts_its_optimizer_on_top_and_a_known_solution_nobody(app: HpobenchApp) -> None:
    async with settled(app, LARGE) as pilot:
        for row, label, on_top in ((2, "bohb", "bohb"), (1, "hyperband", "hyperband"), (3, "textbook", "hyperband")):
            assert label in app.screen.query_one("#anytime", Table).rows[row][0].text
            await pilot.click("#anytime", offset=(5, row + 1))
            await settle(pilot)
            assert live(app).chart.focused_label == on_top


async def test_tables_show_failures_and_brackets(app: HpobenchApp) -> None:
    async with settled(app, LARGE):
        rows = {row[0].text: [cell.text for cell in row] for row in app.screen.query_one("#anytime", Table).rows}
        assert rows["■ bohb"][-1] == "2 (+1 failed)"
        brackets = [[cell.text for cell in row] for row in app.screen.query_one("#brackets", Table).rows]
        assert [row[3] for row in brackets] == ["9/9", "3/3", "1/1", "3/3", "1/1", "1/3"]
        assert app.screen.query_one("#runs", Table).rows[0][3].text.endswith("fail"), "failed runs come first"


async def test_help_lists_every_key_and_the_palette_every_action(app: HpobenchApp) -> None:
    async with settled(app, SMALL) as pilot:
        described = {b.description for b in LiveScreen.BINDINGS if b.description}  # type: ignore[union-attr]
        commands = {command.title for command in app.get_system_commands(app.screen)}
        assert described <= commands
        await press(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        listed = {row[1].text for row in app.screen.query_one(Table).rows}
        assert described <= listed
        await pilot.press("escape")
        live(app)


async def test_help_is_read_from_its_first_word_to_its_last_key_in_a_small_terminal(app: HpobenchApp) -> None:
    async with settled(app, (60, 20)) as pilot:
        await press(pilot, "question_mark")
        about, table = app.screen.query(".about").first(), app.screen.query_one(Table)
        dialog = app.screen.query_one(".dialog").content_region
        assert dialog.y <= about.region.y < dialog.bottom
        await press(pilot, "end")
        assert table.region.bottom <= dialog.bottom


async def test_cancel_asks_first(app: HpobenchApp, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(lifecycle, "supervised", lambda folder: True)
    monkeypatch.setattr(lifecycle, "send", lambda folder, verb: sent.append(verb))
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
    monkeypatch.setattr(lifecycle, "send", lambda folder, verb: sent.append(verb))
    for status in ("running", "paused"):
        app = HpobenchApp(write_experiment(tmp_path, status, status), tmp_path)
        async with settled(app, SMALL) as pilot:
            await press(pilot, "p")
    assert sent == ["pause", "unpause"]


async def test_it_stops_looking_when_all_has_ended(app: HpobenchApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause(0.5)
        assert live(app)._timer is None


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


async def test_back_leads_to_the_setup_screen(app: HpobenchApp) -> None:
    async with settled(app, SMALL) as pilot:
        await press(pilot, "b")
        assert isinstance(app.screen, SetupScreen)


async def test_a_tick_repaints_no_whole_panel_and_lays_nothing_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "supervised", lambda folder: True)
    folder = write_experiment(tmp_path, "busy", "running")
    app = HpobenchApp(folder, tmp_path)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause(0.3)
        screen, whole = live(app), []
        assert screen._timer is not None
        screen._timer.pause()
        refresh = Widget.refresh

        def spy(self: Widget, *places: Region, layout: bool = False, **more: bool) -> Widget:
            if layout or (self.has_class("panel") and not places):
                whole.append((self.id, layout))
            return refresh(self, *places, layout=layout, **more)

        monkeypatch.setattr(Widget, "refresh", spy)
        change(folder, f"UPDATE run SET status = 'running', spent = 12, revision = {NEXT} WHERE id < 9")
        before = str(screen.query_one("#status").render())
        screen.tick()
        assert str(screen.query_one("#status").render()) != before
        assert [entry for entry in whole if entry[0] != "runs-panel"] == [], "its title counts the runs that ended"


def test_the_feed_reads_new_trials_only(tmp_path: Path) -> None:
    folder = write_experiment(tmp_path, status="running")
    with closing(Feed(folder)) as feed:
        assert feed.poll().trials
        assert not feed.poll()
        before = feed.curves(Axis.EVALUATIONS, Measure.INCUMBENT)[0]
        add_trial(folder, 0, 60, 1e-4)
        resumed(folder, 0)
        assert feed.poll().trials
        after = feed.curves(Axis.EVALUATIONS, Measure.INCUMBENT)[0]
        assert (float(after.x[-1]), float(after.y[-1])) == (61.0, 1e-4)
        assert np.array_equal(after.x[: len(before) - 1], before.x[:-1])


def resumed(folder: Path, run: int) -> None:
    change(folder, f"UPDATE run SET status = 'running', revision = {NEXT} WHERE id = ?", run)


def test_trials_are_read_of_runs_with_brackets_only_and_only_for_those_who_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs 0 to 2 are of random search, 3 to 5 of Hyperband."""
    monkeypatch.setattr(feed_module, "PIECE", 7)
    folder = write_experiment(tmp_path, status="running")
    with closing(Feed(folder)) as feed:
        assert feed.poll(10, brackets=False).complete
        assert [feed.trials(run) for run in range(9)] == [None] * 9
        assert feed.poll(10).trials
        assert [run for run in range(9) if feed.trials(run) is not None] == [3, 4, 5]
        table = feed.trials(3)
        assert table is not None
        assert list(table.number) == list(range(18))
        fills = fill(feed.runs[3], table)
        assert [[rung.done for rung in bracket.rungs] for bracket in fills] == [[9, 3, 1], [3, 1], [1]]
        add_trial(folder, 3, 60, 1e-4)
        resumed(folder, 3)
        assert feed.poll(10).trials
        table = feed.trials(3)
        assert table is not None
        assert len(table) == 19


def test_a_run_with_brackets_but_no_plan_tells_by_its_first_trial(tmp_path: Path) -> None:
    trials = history(0, [0.5] * 3, bracket=0, rung=0)
    store(tmp_path, [run_row(trials=3), run_row(1, label="b", trials=2)], [*trials, *history(1, [0.5] * 2)]).close()
    with closing(Feed(tmp_path)) as feed:
        feed.poll(10)
        table = feed.trials(0)
        assert table is not None
        assert len(table) == 3
        assert feed.trials(1) is None


def test_the_feed_looks_closer_only_where_something_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_experiment(tmp_path, status="running")
    calls: list[object] = []
    with closing(Feed(folder)) as feed:
        monkeypatch.setattr(feed.reader.__class__, "runs_since", lambda self, *_: calls.append(self) or [])
        while not feed.poll(10).complete:
            pass
        calls.clear()
        assert not feed.poll()
        assert calls == []
        resumed(folder, 0)
        feed.poll()
        assert len(calls) == 1


def test_the_feed_is_time_boxed_and_goes_on(tmp_path: Path) -> None:
    with closing(Feed(write_experiment(tmp_path))) as feed:
        first = feed.poll(seconds=-1)
        assert not first.complete
        while not feed.poll(0.01).complete:
            pass
        assert len(feed.curves(Axis.BUDGET, Measure.SIMPLE)) == 9


def test_run_refuses_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HpobenchError, match="no experiment at"):
        app_module.run(attach=tmp_path / "nowhere")
    with pytest.raises(HpobenchError, match=r"unknown preset 'quik'.*'quick'"):
        app_module.run(preset="quik")

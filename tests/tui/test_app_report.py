"""The report that an experiment names: a key of a finished one, made by the command line's own command."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Static
from tui_hands import press, settle, settled, text
from tui_stores import write_experiment

from factories import change
from hpobench_tui.core.command import in_words
from hpobench_tui.tui.app import HpobenchApp
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.report import ReportScreen

LARGE = (140, 40)


def named(folder: Path, report: str) -> Path:
    """The experiment names a report."""
    change(folder, "UPDATE experiment SET spec = json_set(spec, '$.report', ?)", report)
    return folder


async def test_a_finished_experiment_offers_its_report_and_shows_it(
    tmp_path: Path, install_plugins: Callable[..., Path]
) -> None:
    install_plugins("tiny")
    app = HpobenchApp(named(write_experiment(tmp_path), "tiny report"), tmp_path)
    async with settled(app, LARGE) as pilot:
        assert "t makes its report" in text(app, "status")
        assert ("t", "Report") in list(app.keys())
        await press(pilot, "t")
        assert isinstance(app.screen, ReportScreen)
        assert text(app, "state") in ("The report is being made…", ""), "it is quick where nothing else is done"
        await app.workers.wait_for_complete()
        await settle(pilot)
        lines = [
            strip.text for strip in app.screen.query_one("#tables", Static).render_lines(app.screen.region.reset_offset)
        ]
        assert any("Found" in line for line in lines)
        assert sum("hyperband" in line for line in lines) == 6
        await press(pilot, "escape")
        assert isinstance(app.screen, Level)


async def test_a_report_that_fails_says_why(tmp_path: Path) -> None:
    app = HpobenchApp(named(write_experiment(tmp_path), "nobody knows"), tmp_path)
    async with settled(app, LARGE) as pilot:
        await pilot.press("t")
        await app.workers.wait_for_complete()
        await settle(pilot)
        assert text(app, "state").startswith("No report: ")
        assert app.screen.query_one("#state").has_class("error")


@pytest.mark.parametrize("report", [None, "tiny report"])
async def test_no_report_where_there_is_none_yet(tmp_path: Path, report: str | None) -> None:
    folder = write_experiment(tmp_path, status="cancelled" if report else "finished")
    app = HpobenchApp(named(folder, report) if report else folder, tmp_path)
    async with settled(app, LARGE) as pilot:
        assert "report" not in text(app, "status")
        assert (("t", "Report") in list(app.keys())) == (report is not None)
        await press(pilot, "t")
        assert isinstance(app.screen, Level)


def test_cells_read_as_on_the_command_line() -> None:
    found = [in_words(value) for value in (None, True, 12345, 0.000123456, "a")]
    assert found == ["–", "✓", "12,345", "0.0001235", "a"]

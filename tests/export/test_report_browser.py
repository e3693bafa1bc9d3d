"""The report in a browser without a network: it draws, reads values off, hides, sorts, and asks nobody for anything."""

import json
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from factories import Row, run_row, store
from hostile import complaints, hostile_store
from hpobench_tui.analysis.anytime import Band
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.bundle import export
from hpobench_tui.export.report.sections import Subject
from hpobench_tui.store.reader import Reader
from report_material import material_of, some_runs

selenium = pytest.importorskip("selenium", reason="needs selenium, which drives a browser")

from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.options import Options  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select  # noqa: E402

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs chromium and chromedriver, which are not installed"),
]
QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-dev-shm-usage",
)  # fmt: skip


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = Options()
    options.binary_location = str(BROWSER)
    for argument in (*QUIET, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd(
        "Network.emulateNetworkConditions",
        {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
    )
    yield driver
    driver.quit()


@pytest.fixture
def browser(chrome: Any) -> Iterator[Any]:
    """Says at the end whether anything went wrong, or out, whatever a test did."""
    resize(chrome, 1280, 900)
    for log in ("browser", "performance"):
        chrome.get_log(log)
    yield chrome
    assert chrome.get_log("browser") == []
    asked = [json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")]
    sent = [said["params"] for said in asked if said["method"] == "Network.requestWillBeSent"]
    urls = {each["request"]["url"] for each in sent if not each["documentURL"].startswith("chrome:")}  # of a new tab
    assert urls
    assert all(url.startswith("file:///") and url.endswith("report.html") for url in urls), urls


def resize(driver: Any, width: int, height: int) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def opened(browser: Any, reader: Reader, folder: Path) -> Any:
    (path,), skipped = export(reader, folder, ["html"])
    assert not skipped
    browser.get(path.as_uri())
    return browser


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[tuple[Any, dict[str, list[Band]]]]:
    """An experiment of three optimizers on two problems, and its bands."""
    with store(tmp_path, *some_runs(("first", "second", "third"), ("toy/one", "toy/two"), 8)) as reader:
        yield opened(browser, reader, tmp_path / "out"), Subject(material_of(reader)).bands


def css(browser: Any, selector: str) -> list[Any]:
    found: list[Any] = browser.find_elements(By.CSS_SELECTOR, selector)
    return found


def lines(browser: Any, section: str = "curves") -> list[int]:
    """The labels whose lines the chart of a section shows."""
    return [int(path.get_attribute("data-label")) for path in css(browser, f"#{section} .chart path.line")]


def at_share(browser: Any, chart: Any, share: float) -> None:
    """The pointer at a share of the axes of a chart, from its left."""
    script = """const box = arguments[0].querySelector('svg').getBoundingClientRect();
    arguments[0].dispatchEvent(new PointerEvent('pointermove', {bubbles: true,
      clientX: box.left + 62 + arguments[1] * (box.width - 62 - 14), clientY: box.top + box.height / 2}))"""
    browser.execute_script(script, chart, share)


def tip(browser: Any, section: str = "curves") -> tuple[float, dict[str, tuple[str, str]]]:
    """What a chart says: the position, and of each line its median and its quartiles."""
    (box,) = css(browser, f"#{section} .tip")
    assert box.is_displayed()
    rows = box.find_elements(By.TAG_NAME, "tr")
    cells = [[cell.text for cell in row.find_elements(By.TAG_NAME, "td")] for row in rows]
    position = box.find_element(By.CLASS_NAME, "at").text.rpartition(": ")[2]
    return float(position), {name: (median, quartiles) for _, name, median, quartiles in cells}


def test_hovering_reads_the_value_at_that_position(page: tuple[Any, dict[str, list[Band]]]) -> None:
    browser, bands = page
    (chart,) = css(browser, "#curves .chart")
    for share in (0.3, 0.9):
        at_share(browser, chart, share)
        position, said = tip(browser)
        assert set(said) == {"first", "second", "third"}
        for band in bands["toy/one"]:
            n = int((band.grid <= position * (1 + 1e-3)).sum()) - 1
            assert float(said[band.label][0]) == pytest.approx(band.median[n], rel=6e-4)
            low, high = map(float, said[band.label][1].strip("[]").split(", "))
            assert (low, high) == pytest.approx((band.lower[n], band.upper[n]), rel=6e-3)
        medians = [float(median) for median, _ in said.values()]
        assert medians == sorted(medians)


def test_arrow_keys_read_the_points_one_by_one(page: tuple[Any, dict[str, list[Band]]]) -> None:
    browser, bands = page
    (chart,) = css(browser, "#curves .chart")
    chart.send_keys(Keys.HOME)
    assert tip(browser)[0] == bands["toy/one"][0].grid[0]
    chart.send_keys(Keys.END)
    position, said = tip(browser)
    assert position == bands["toy/one"][0].grid[-1]
    assert float(said["first"][0]) == pytest.approx(bands["toy/one"][0].median[-1], rel=6e-4)
    chart.send_keys(Keys.ARROW_LEFT)
    assert tip(browser)[0] < position
    chart.send_keys(Keys.ESCAPE)
    assert not css(browser, "#curves .tip")[0].is_displayed()


def test_the_legend_hides_shows_and_leaves_one_alone(page: tuple[Any, dict[str, list[Band]]]) -> None:
    browser, _ = page
    items = css(browser, "#curves .item")
    assert lines(browser) == [0, 1, 2]
    items[1].click()
    assert lines(browser) == lines(browser, "targets") == lines(browser, "over_budget") == [0, 2]
    assert css(browser, "#targets .item")[1].get_attribute("aria-pressed") == "false"
    at_share(browser, css(browser, "#curves .chart")[0], 0.5)
    assert set(tip(browser)[1]) == {"first", "third"}
    items[1].send_keys(Keys.ENTER)
    assert lines(browser) == [0, 1, 2]
    webdriver.ActionChains(browser).double_click(items[2]).perform()
    assert lines(browser) == [2]
    webdriver.ActionChains(browser).double_click(items[2]).perform()
    assert lines(browser) == [0, 1, 2]
    none = css(browser, "#curves .legend .switch")[1]
    none.click()
    assert lines(browser) == []
    assert "all lines are hidden" in css(browser, "#curves .chart")[0].text
    css(browser, "#curves .legend .switch")[0].click()
    assert lines(browser) == [0, 1, 2]


def test_switches_of_the_axes_and_of_the_bands(page: tuple[Any, dict[str, list[Band]]]) -> None:
    browser, _ = page
    log_x, log_y, quartiles = css(browser, "#curves > .controls > .switch[aria-pressed]")

    def ticks() -> list[str]:
        return [text.text for text in css(browser, "#curves .chart text.end")]

    def path() -> str:
        return str(css(browser, "#curves .chart path.line")[0].get_attribute("d"))

    logarithmic, before = list(map(float, ticks())), path()
    assert len({round(high / low, 3) for low, high in pairwise(logarithmic)}) <= 2
    log_y.click()
    linear = list(map(float, ticks()))
    gaps = [high - low for low, high in pairwise(linear)]
    assert gaps == pytest.approx([gaps[0]] * len(gaps))
    assert log_y.get_attribute("aria-pressed") == "false"
    middle = path()
    log_x.click()
    assert len({before, middle, path()}) == 3
    assert len(css(browser, "#curves .chart path.band")) == 3
    quartiles.click()
    assert not css(browser, "#curves .chart path.band")


def test_headings_sort_and_cells_change(page: tuple[Any, dict[str, list[Band]]]) -> None:
    browser, bands = page

    def order() -> list[str]:
        return [row.text.split("\n")[0].split()[0] for row in css(browser, "#overview .matrix tbody tr")]

    ends = {band.label: float(band.median[-1]) for band in bands["toy/two"]}
    heads = css(browser, "#overview .matrix thead button")
    heads[4].click()
    assert order() == sorted(ends, key=ends.__getitem__)
    assert css(browser, "#overview .matrix thead th")[4].get_attribute("aria-sort") == "ascending"
    heads[4].click()
    assert order() == sorted(ends, key=ends.__getitem__, reverse=True)
    heads[0].click()
    assert order() == ["first", "second", "third"]
    Select(css(browser, "#overview select")[0]).select_by_value("rank")
    cells = [cell.text for cell in css(browser, "#overview .matrix tbody tr td:nth-child(5)")]
    assert sorted(cells) == ["1.00", "2.00", "3.00"]


def test_one_problem_is_chosen_for_all_sections(page: tuple[Any, dict[str, list[Band]]]) -> None:
    browser, bands = page
    css(browser, "#curves .mini")[1].click()
    assert css(browser, "#curves h3")[0].text == "toy/two"
    assert "toy/two" in css(browser, "#importance caption")[0].text
    at_share(browser, css(browser, "#curves .chart")[0], 0.999)
    assert float(tip(browser)[1]["first"][0]) == pytest.approx(bands["toy/two"][0].median[-1], rel=6e-4)
    Select(css(browser, "#importance select")[0]).select_by_visible_text("toy/one")
    assert css(browser, "#curves h3")[0].text == "toy/one"


@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_it_fits_any_width(page: tuple[Any, dict[str, list[Band]]], width: int) -> None:
    browser, _ = page
    resize(browser, width, 900)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    chart = css(browser, "#curves .chart svg")[0].rect
    assert 300 <= chart["width"] <= width


def test_hostile_texts_are_shown_and_nothing_else(browser: Any, tmp_path: Path) -> None:
    with Reader(hostile_store(tmp_path)) as reader:
        opened(browser, reader, tmp_path / "out")
    assert not css(browser, "main b, main img, main a[href^='http'], main script")
    text = browser.execute_script("return document.body.textContent")
    assert "<b>&`~*_#" in text
    shown = browser.execute_script("return document.getElementById('main').textContent")
    assert not complaints(shown.replace("\u200b", ""))


@pytest.mark.parametrize("became", ["failed", "half", "zero", "huge", "one", "many"])
def test_whatever_became_of_it_is_drawn(browser: Any, tmp_path: Path, became: str) -> None:
    labels = [f"<{n}> & label of many letters, {'long ' * 9}" for n in range(60)] if became == "many" else ["a", "b"]
    runs, trials = some_runs(labels[:1] if became == "one" else labels, ("toy/one", "toy/two"), 2, length=8)
    change(became, runs, trials)
    with store(tmp_path, runs, trials) as reader:
        opened(browser, reader, tmp_path / "out")
    assert len(css(browser, "section h2")) == 9
    drawn = len(css(browser, "#curves .chart path.line"))
    assert drawn == {"failed": 0, "one": 1, "many": 60}.get(became, 2)
    for path in css(browser, "svg path"):
        assert "NaN" not in path.get_attribute("d")
        assert "Infinity" not in path.get_attribute("d")
    if became == "failed":
        assert "no run has a value" in css(browser, "#curves .chart")[0].text
        assert "nothing to rank" in css(browser, "#differences .why")[0].text
    if became == "zero":
        at_share(browser, css(browser, "#curves .chart")[0], 0.5)
        assert tip(browser)[1]["a"][0] == "0"


def change(became: str, runs: list[Row], trials: list[Row]) -> None:
    for run in runs:
        if became == "failed":
            run |= {"status": "failed", "error": "RuntimeError: <no>"}
        if became == "half" and run["repetition"]:
            run |= {"status": "waiting"}
    for n, trial in enumerate(trials):
        if became == "zero":
            trial |= {"loss": 0.0}
        if became == "huge":
            trial |= {"loss": (1e308, -1e308, 5e-324)[n % 3]}


def test_what_cannot_be_worked_out_says_why_in_its_place(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise HpobenchError("a page of <the store> is damaged.")

    monkeypatch.setattr(Subject, "scores", property(refuse))
    monkeypatch.setattr(Subject, "bands", property(refuse))
    with store(tmp_path, *some_runs(("a", "b"), ("toy/one", "toy/two"), 3)) as reader:
        opened(browser, reader, tmp_path / "out")
    for section in ("overview", "curves", "differences"):
        assert "Not here: a page of <the store> is damaged." in css(browser, f"#{section} .why")[0].text
    assert lines(browser, "targets") == [0, 1]
    Select(css(browser, "#importance select")[0]).select_by_visible_text("toy/two")
    assert "toy/two" in css(browser, "#importance caption")[0].text


def test_an_empty_pair_and_a_problem_of_few(browser: Any, tmp_path: Path) -> None:
    runs, trials = some_runs(("a", "b"), ("toy/one",), 2)
    runs.append(run_row(4, problem="toy/two", label="a", status="waiting", trials=0, spent=0))
    with store(tmp_path, runs, trials, status="running") as reader:
        opened(browser, reader, tmp_path / "out")
    assert "1 run of 5 has not ended" in css(browser, "header .warning")[0].text
    cells = [cell.text for cell in css(browser, "#overview .matrix tbody tr td:nth-child(5)")]
    assert sorted(cells) == ["·", "–"]

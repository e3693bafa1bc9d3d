"""``hpobench serve`` in headless Chromium: it loads, answers keys, asks no other host, lets no stranger in."""

import http.server
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Serving, until

from factories import history, run_row, store

selenium = pytest.importorskip("selenium", reason="needs selenium, which drives a browser")

from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.options import Options  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("textual_serve", "aiohttp"),
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs chromium and chromedriver, which are not installed"),
]
QUIET = (
    "--headless=new", "--no-sandbox", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-dev-shm-usage", "--window-size=1100,700",
)  # fmt: skip


@pytest.fixture
def chrome(tmp_path: Path) -> Iterator[Any]:
    options = Options()
    options.binary_location = str(BROWSER)
    for argument in (*QUIET, f"--user-data-dir={tmp_path / 'browser'}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    place = tmp_path_factory.mktemp("served")
    store(place / "outputs" / "done-1", [run_row(0, status="done")], history(0, [3.0, 1.0]), status="finished").close()
    with Serving(cwd=place) as serving:
        yield serving


def classes(browser: Any) -> set[str]:
    return set(browser.execute_script("return document.body.className").split())


def picture(browser: Any) -> bytes:
    return bytes(browser.get_screenshot_as_png())


def still(browser: Any) -> bytes:
    """A picture of the page once nothing moves in it."""
    before = b""
    while before != (now := picture(browser)):
        before = now
        time.sleep(0.7)
    return now


def asked(browser: Any) -> Iterator[str]:
    """The addresses that pages have asked for since the last call."""
    for entry in browser.get_log("performance"):
        said = json.loads(entry["message"])["message"]
        if said["method"] == "Network.requestWillBeSent":
            yield said["params"]["request"]["url"]
        elif said["method"] == "Network.webSocketCreated":
            yield said["params"]["url"]


def test_it_loads_and_a_key_changes_the_screen(chrome: Any, serving: Serving) -> None:
    chrome.get(serving.url)
    until(lambda: "-first-byte" in classes(chrome), "the app has drawn something")
    assert chrome.current_url == f"{serving.at}/", "the token has left the address"
    assert chrome.execute_script("return document.cookie") == ""
    assert chrome.execute_script("return document.fonts.check('16px \"Roboto Mono\"')")
    before = still(chrome)
    ActionChains(chrome).send_keys("?").perform()
    until(lambda: picture(chrome) != before, "the help is there")
    helped = still(chrome)
    ActionChains(chrome).send_keys("?").perform()
    until(lambda: picture(chrome) != helped, "it is gone")
    before = still(chrome)
    chrome.set_window_size(700, 500)
    until(lambda: picture(chrome) != before, "it has another size")
    ActionChains(chrome).send_keys("q").perform()
    until(lambda: "-closed" in classes(chrome), "the session has ended")
    chrome.find_element("tag name", "button").click()
    until(lambda: {"-first-byte"} == classes(chrome) - {"-loaded"}, "it has started again")
    addresses = [url for url in asked(chrome) if not url.startswith(("data:", "chrome"))]
    hosts = {url.partition("://")[2].partition("/")[0] for url in addresses}
    assert hosts == {f"127.0.0.1:{serving.said['port']}"}, addresses
    assert any(url.startswith("ws://") for url in addresses)
    severe = [entry["message"] for entry in chrome.get_log("browser") if entry["level"] == "SEVERE"]
    ended = "WebSocket is already in CLOSING or CLOSED state"  # textual.js tells an app that has ended of the focus
    assert [message for message in severe if ended not in message] == []


def test_a_wrong_token_is_refused(chrome: Any, serving: Serving) -> None:
    for address in (serving.at, f"{serving.at}/?token={serving.token[::-1]}"):
        chrome.get(address)
        assert "opens with the address that was printed" in chrome.find_element("tag name", "body").text
        assert chrome.get_cookies() == []


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Pages of another server on this machine, by what is in them."""

    class Pages(http.server.BaseHTTPRequestHandler):
        text = ""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(self.text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def page(text: str) -> str:
            Pages.text = text
            return f"http://127.0.0.1:{server.server_address[1]}/"

        yield page
        server.shutdown()


def test_a_page_of_another_origin_gets_nothing(chrome: Any, serving: Serving, elsewhere: Callable[[str], str]) -> None:
    chrome.get(serving.url)
    until(lambda: "-first-byte" in classes(chrome), "this browser has the cookie")
    chrome.get(
        elsewhere(
            f"""<!DOCTYPE html><iframe src="{serving.at}/"></iframe><script src="{serving.at}/page.js"></script><script>
            window.found = [];
            fetch("{serving.at}/", {{credentials: "include"}}).then(
                (answer) => found.push("fetched"), () => found.push("not fetched"));
            const socket = new WebSocket("ws://127.0.0.1:{serving.said["port"]}/ws");
            socket.onopen = () => found.push("open");
            socket.onerror = () => found.push("not open");
            </script>"""
        )
    )
    until(lambda: len(chrome.execute_script("return found")) == 2, "both were answered")
    assert sorted(chrome.execute_script("return found")) == ["not fetched", "not open"]
    chrome.switch_to.frame(0)
    assert chrome.find_elements("id", "terminal") == [], "it is not shown in a frame"

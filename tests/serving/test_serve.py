"""``hpobench serve`` as a process, and who asks it: let in, kept out, limited, and gone when it is gone."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Serving, browser, tab, unchanged, until

from calls import call
from factories import history, run_row, store
from hpobench_tui.executors import family

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.needs("textual_serve", "aiohttp")]
NAME = "done-1"
KEPT_OUT = 403


def write(folder: Path) -> Path:
    store(folder / "outputs" / NAME, [run_row(0, status="done")], history(0, [3.0, 1.0]), status="finished").close()
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory with one experiment."""
    return write(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def serving(place: Path) -> Iterator[Serving]:
    """One that only shows."""
    with Serving(cwd=place) as serving:
        yield serving


async def status(client: object, address: str, **headers: str) -> int:
    async with client.get(address, headers=headers, allow_redirects=False) as response:  # type: ignore[attr-defined]
        return int(response.status)


async def upgraded(client: object, serving: Serving, **headers: str) -> int:
    """What a websocket is answered: 101 is yes."""
    import aiohttp

    try:
        async with client.ws_connect(f"{serving.at}/ws", headers=headers):  # type: ignore[attr-defined]
            return 101
    except aiohttp.WSServerHandshakeError as error:
        return error.status


async def test_who_has_no_token_is_told_what_to_do(serving: Serving) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as stranger:
        for path in ("/", "/ws", "/page.js", "/static/js/textual.js", "/static/../../x", "/nothing", "/?token=",
                     "/?token=x", f"/?token={serving.token[:-1]}", f"/?token={serving.token}&token=x",
                     f"/page.js?token={serving.token}"):  # fmt: skip
            assert await status(stranger, serving.at + path) == KEPT_OUT, path
        assert await upgraded(stranger, serving, Origin=serving.at) == KEPT_OUT
        cookie = {"Cookie": f"hpobench-{serving.said['port']}={serving.token}"}
        assert await status(stranger, serving.at, **cookie) == KEPT_OUT, "the token is not the cookie"
        async with stranger.get(serving.at) as response:
            text = await response.text()
            assert "opens with the address that was printed" in text
            assert response.content_type == "text/plain"


async def test_the_token_becomes_a_cookie_that_scripts_do_not_see(serving: Serving) -> None:
    async with browser(serving) as client:
        async with client.get(serving.url) as response:
            given = response.headers["Set-Cookie"]
            assert "HttpOnly" in given
            assert "SameSite=Strict" in given
            assert serving.token not in given
            assert 'url=./"' in await response.text(), "it leads on to the address without a token"
        async with client.get(serving.at) as response:
            assert response.status == 200
            page = await response.text()
        assert serving.token not in page
        for path in re.findall(r'(?:src|href)="([^"]+)"', page):
            if not path.startswith("data:"):
                assert await status(client, f"{serving.at}/{path}") == 200, path


async def test_every_answer_has_its_headers(serving: Serving) -> None:
    async with browser(serving) as client:
        for path, code in (("/", 200), ("/page.css", 200), ("/static/js/textual.js", 200), ("/nothing", 404),
                           ("/static/", KEPT_OUT), ("/static/../server.py", 404)):  # fmt: skip
            async with client.get(serving.at + path) as response:
                assert response.status == code, path
                headers = response.headers
                assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
                assert "default-src 'none'" in headers["Content-Security-Policy"]
                assert headers["Referrer-Policy"] == "no-referrer"
                assert headers["X-Content-Type-Options"] == "nosniff"
                assert "Access-Control-Allow-Origin" not in headers
        async with client.post(serving.at) as response:
            assert response.status == 405


async def test_other_origins_and_hosts_are_kept_out_with_the_cookie_as_well(serving: Serving) -> None:
    async with browser(serving) as client:
        assert await status(client, serving.at, Origin=serving.at) == 200
        assert await upgraded(client, serving, Origin=serving.at) == 101
        for origin in (
            "http://evil.example",
            "null",
            "http://127.0.0.1:1",
            "http://127.0.0.1",
            f"{serving.at}.example",
        ):
            assert await status(client, serving.at, Origin=origin) == KEPT_OUT, origin
            assert await upgraded(client, serving, Origin=origin) == KEPT_OUT, origin
        assert await upgraded(client, serving) == KEPT_OUT, "no browser leaves the origin out"
        port = serving.said["port"]
        for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", ""):
            origin = f"http://{host}"
            assert await status(client, serving.at, Host=host) == KEPT_OUT, host
            assert await upgraded(client, serving, Host=host, Origin=origin) == KEPT_OUT, host
        tunnel = {"Host": "localhost:9999"}
        assert await status(client, serving.at, **tunnel) == 200, "the other end of a tunnel has another port"
        assert await upgraded(client, serving, Origin="http://localhost:9999", **tunnel) == 101
        assert await upgraded(client, serving, Origin=serving.at, **tunnel) == KEPT_OUT


async def test_it_shows_and_does_not_change(serving: Serving, place: Path) -> None:
    with unchanged(place):
        async with browser(serving) as client, tab(serving, client) as one:
            assert "Delete" not in await one.sees(NAME, "read only", "Help")
            await one.types("D")
            await one.sees("This app is read only")
            await one.types("\r")
            assert "Pause" not in await one.sees("Axis", "read only")
            await one.types("t")  # widgets that hear nothing of it, nor the app
            await one.types("?")
            await one.sees("Esc closes")
            await one.types("?")
            await one.types("1")  # a panel less, which is no setting that is kept
            await one.types("q")
            await one.closed()


async def test_it_changes_what_it_is_let(tmp_path: Path) -> None:
    place = write(tmp_path)
    with Serving("--write", cwd=place) as serving:
        assert serving.said["read_only"] is False
        async with browser(serving) as client, tab(serving, client) as one:
            assert "read only" not in await one.sees("Start")
            await one.types("\x0f")  # Ctrl+O
            await one.sees(NAME, "Merge")
            await one.types("D")
            await one.sees("Delete done-1?")
            await one.types("y")
            await one.sees("Deleted done-1")
    assert not (place / "outputs" / NAME).exists()


async def test_an_experiment_is_opened_at_once(tmp_path: Path) -> None:
    place = write(tmp_path)
    with Serving(NAME, cwd=place) as serving:
        async with browser(serving) as client, tab(serving, client) as one:
            await one.sees("Axis")
            (place / "outputs").rename(place / "elsewhere")
            async with tab(serving, client) as other:
                await other.sees("no experiment")
                await other.closed()
        out, err = serving.end()
    assert out == ""
    assert "no experiment" in err


async def test_tabs_are_counted_and_their_apps_end_with_them(place: Path) -> None:
    with Serving("--sessions", 2, cwd=place) as serving:
        async with browser(serving) as client:
            async with tab(serving, client) as first:
                await first.sees(NAME)
                async with tab(serving, client) as second:
                    await second.sees(NAME)
                    assert len(serving.apps()) == 2
                    async with tab(serving, client) as third:
                        await third.sees("All sessions are in use (2)")
                        await third.closed()
                    assert len(serving.apps()) == 2
                until(lambda: len(serving.apps()) == 1, "the app of the second tab has ended")
                async with tab(serving, client) as fourth:
                    await fourth.sees(NAME)
            until(lambda: not serving.apps(), "all apps have ended")


async def test_a_tab_that_talks_nonsense_is_closed(serving: Serving) -> None:
    async with browser(serving) as client:
        for said in ("nonsense", '["quit"]'):
            async with tab(serving, client) as one:
                await one.socket.send_str(said)
                await one.closed()
        until(lambda: not serving.apps(), "no app is left")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
async def test_nothing_is_left_when_it_ends(place: Path, number: signal.Signals) -> None:
    with Serving(cwd=place) as serving:
        async with browser(serving) as client, tab(serving, client) as one, tab(serving, client) as two:
            await one.sees(NAME)
            await two.sees(NAME)
            apps = serving.apps()
            assert len(apps) == 2
            out, err = await asyncio.to_thread(serving.end, number)
            until(lambda: not any(map(family.is_running, apps)), "the apps have ended", 5.0)
            await one.closed()
        assert (out, err) == ("", "")
        assert serving.process.returncode == (-signal.SIGKILL if number is signal.SIGKILL else 0)


async def test_an_app_that_does_not_answer_is_ended(place: Path) -> None:
    with Serving(cwd=place) as serving:
        async with browser(serving) as client, tab(serving, client) as one:
            await one.sees(NAME)
            (app,) = serving.apps()
            os.kill(app, signal.SIGSTOP)
        until(lambda: not serving.apps(), "it was killed", 15.0)


async def test_frozen_apps_do_not_keep_it_from_ending(place: Path) -> None:
    with Serving(cwd=place) as serving:
        async with browser(serving) as client, tab(serving, client) as one, tab(serving, client) as two:
            await one.sees(NAME)
            await two.sees(NAME)
            apps = serving.apps()
            for app in apps:
                os.kill(app, signal.SIGSTOP)
            began = time.monotonic()
            out, err = await asyncio.to_thread(serving.end)
            assert time.monotonic() - began < 12.0
            assert not any(map(family.is_running, apps))
        assert (out, err) == ("", "")
        assert serving.process.returncode == 0


async def test_what_it_has_set_going_goes_on(tmp_path: Path) -> None:
    from hpobench_tui.engine.front import lifecycle, spec

    folder = lifecycle.create(
        spec.of_data(
            {"name": "long", "problems": ["synthetic/branin"], "optimizers": ["random"],
             "budget": {"amount": 50_000_000, "unit": "evaluations"}},
            "a test",
        ),
        tmp_path / "outputs",
    )  # fmt: skip
    with Serving("--write", cwd=tmp_path) as serving:
        async with browser(serving) as client, tab(serving, client) as one:
            await one.sees("Start")
            await one.types("\x0f")
            await one.sees("interrupted")
            await one.types("R")
            await asyncio.to_thread(until, lambda: lifecycle.supervised(folder), "it goes on")
            apps = serving.apps()
            serving.end(signal.SIGKILL)
            until(lambda: not any(map(family.is_running, apps)), "the app has ended")
    assert lifecycle.supervised(folder)
    lifecycle.send(folder, "cancel")
    until(lambda: not lifecycle.supervised(folder), "it was cancelled")


async def test_secrets_stay_where_they_are(place: Path) -> None:
    token = "a-token-that-somebody-chose-0123456789"
    with Serving(cwd=place, HPOBENCH_SERVE_TOKEN=token) as serving:
        assert serving.token == token
        async with browser(serving) as client, tab(serving, client) as one:
            await one.sees(NAME)
            await status(client, f"{serving.at}/nothing?token={token}")
            assert "400" in answer(serving, f"GET /?token={token} HTTP/9.9\r\n\r\n".encode())
            (app,) = serving.apps()
            for pid in (app, serving.process.pid):
                assert token.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
            assert token.encode() not in Path(f"/proc/{app}/environ").read_bytes()
        out, err = serving.end()
        assert (out, err) == ("", "")


def test_what_is_no_request_is_answered_and_makes_no_noise(place: Path) -> None:
    get, host, end = b"GET / HTTP/1.1\r\n", b"Host: localhost\r\n", b"\r\n"
    nonsense = [
        b"garbage" + end + end, b"\x16\x03\x01\x02\x00", get + end, b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n",
        get + host + host + end, get + host + b"Origin: \x1b[2J\r\n" + end, get + host + b"no colon" + end + end,
        get + host + b"X: " + b"a" * 200_000 + end + end, b"GET http://[::1 HTTP/1.1\r\n" + host + end,
        b"POST / HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ]  # fmt: skip
    refused = [
        b"GET /?token=%ff%00 HTTP/1.1\r\n" + host + end, get + host + b"Cookie: \xff=;;=\r\n" + end,
        b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 99999999999\r\n\r\nx", get + b"Host: \xff\r\n" + end,
        b"POST / HTTP/1.1\r\n" + host + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        get + b"Host: localhost:99999999\r\n" + end, get + b"Host: [::1\r\n" + end,
    ]  # fmt: skip
    with Serving(cwd=place) as serving:
        for code, every in ((" 400 ", nonsense), (" 403 ", refused)):
            for sent in every:
                assert code in answer(serving, sent), sent
        assert serving.end() == ("", "")


def answer(serving: Serving, sent: bytes) -> str:
    """The beginning of what bytes on the port are answered."""
    with socket.create_connection(("127.0.0.1", serving.said["port"]), timeout=20) as connection:
        connection.sendall(sent)
        return connection.recv(4096).decode("latin-1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing-of-that-name",), "no experiment"),
        (("--host", "no.such.host.invalid"), "cannot listen"),
        (("--host", "x" * 300), "cannot listen"),
        (("--port", "99999"), "--port must be"),
        (("--sessions", "0"), "--sessions must be"),
        (("--origin", "hub"), "--origin must be"),
        (("--port", "{taken}"), "of 127.0.0.1: address already in use. Take another with --port"),
        ((), "HPOBENCH_SERVE_TOKEN must have"),
    ],
    ids=["experiment", "host", "long host", "port", "sessions", "origin", "taken", "token"],
)
def test_bad_calls_are_told(
    arguments: tuple[str, ...],
    words: str,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(place)
    if not arguments:
        monkeypatch.setenv("HPOBENCH_SERVE_TOKEN", "short")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = str(listening.getsockname()[1])
        assert call(monkeypatch, "serve", *(argument.replace("{taken}", taken) for argument in arguments)) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words in err


def test_without_the_extra_it_is_named(place: Path) -> None:
    hidden = (
        "import hpobench_tui.core.compatibility as c; find = c.find_spec\n"
        "c.find_spec = lambda name: None if name == 'textual_serve' else find(name)\n"
        "import sys; sys.argv = ['hpobench', 'serve']; from hpobench_tui.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, cwd=place)
    assert done.returncode == 2
    assert "serve needs a missing extra (textual_serve); install with: pip install 'hpobench-tui[serve]'" in done.stderr


async def test_people_are_told_how_to_come_in_and_who_else_could(place: Path) -> None:
    port = socket.create_server(("127.0.0.1", 0))
    number = port.getsockname()[1]
    port.close()
    process = subprocess.Popen(
        [sys.executable, "-m", "hpobench_tui", "serve", "--host", "0.0.0.0", "--port", str(number), "--write"],
        cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert re.fullmatch(rf"http://[^/]+:{number}/\?token=[\w-]{{43}}\n", lines[0])
    assert "run code as you" in lines[1]
    assert f"ssh -L {number}:127.0.0.1:{number}" in lines[2]
    assert f"http://127.0.0.1:{number}/?token=" in lines[3]
    assert "is not encrypted" in err


async def test_an_idle_server_takes_no_time(serving: Serving) -> None:
    def spent() -> float:
        fields = Path(f"/proc/{serving.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before = spent()
    await asyncio.sleep(2.0)
    assert spent() - before <= 0.02


def test_json_is_one_line(serving: Serving) -> None:
    assert set(serving.said) == {"url", "host", "port", "read_only", "sessions", "pid"}
    assert serving.said["pid"] == serving.process.pid
    assert serving.said["read_only"] is True

"""The server: one address, one page, a websocket for each tab. Everything that is refused says what to do instead."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TypeAlias

from aiohttp import WSMsgType, web
from aiohttp.http_exceptions import HttpProcessingError

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.text import visible
from hpobench_tui.serving import wire
from hpobench_tui.serving.access import Access
from hpobench_tui.serving.session import Session

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

PAGE = Path(__file__).parent / "page"
HEARTBEAT = 15.0
"""Seconds between two looks whether a tab is still there."""
PATIENCE = 2.0
"""Seconds that a tab waits for a place: one that is loaded again gives its own back a moment later."""
LONGEST_MESSAGE = 2**20
"""Bytes from a browser at a time: a pasted text."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),  # xterm.js makes style sheets as it goes
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
    "Cache-Control": "no-store",
}
ENTRY = '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=./"><title>hpobench</title>'
"""Sent with the cookie. A redirect would not do: after a link on another site's page, browsers keep it back."""
NO_TOKEN = """\
403: this is an app of `hpobench serve`, and it opens with the address that was printed when it was started, whole:

    http://HOST:PORT/?token=...

A browser needs it once, and again when `hpobench serve` was started anew.
"""


@dataclass(frozen=True)
class Served:
    """What is served.

    Attributes:
        folder: Of the experiment that is opened; None: all of them.
        root: Where experiments are.
        write: Whether the app may change anything.
        sessions: How many apps there may be at a time.
    """

    folder: Path | None
    root: Path
    write: bool = False
    sessions: int = 4


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        HpobenchError: the port is in use or reserved, or there is no such host.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError, OverflowError) as error:
        number = getattr(error, "errno", None) or 0  # a resolver's are negative
        reason = os.strerror(number) if number > 0 else getattr(error, "strerror", None) or str(error)
        raise HpobenchError(
            f"cannot listen on port {port} of {host}: {reason[:1].lower()}{reason[1:]}. Take another with --port, or"
            " any that is free with --port 0."
        ) from error


def is_local(listening: socket.socket) -> bool:
    """Whether only this machine reaches it."""
    return ip_address(listening.getsockname()[0]).is_loopback


class Server:
    """Serves the app until it is asked to stop."""

    def __init__(self, access: Access, served: Served) -> None:
        self._access, self._served = access, served
        self._places = asyncio.Semaphore(served.sessions)
        self._open: set[web.WebSocketResponse] = set()

    async def run(self, listening: socket.socket, ready: Callable[[], None]) -> None:
        """Serve until SIGINT or SIGTERM, then end all apps."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        log = logging.getLogger(__name__)
        log.addFilter(_worth_telling)
        runner = web.AppRunner(self.app(), access_log=None, logger=log, shutdown_timeout=2 * PATIENCE)
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            ready()
            await stop.wait()
        finally:
            await runner.cleanup()

    def app(self) -> web.Application:
        """All addresses, behind :meth:`_guard`."""
        app = web.Application(middlewares=[web.middleware(self._middleware())])
        app.router.add_get("/", self._page)
        app.router.add_get("/ws", self._websocket)
        for name in ("page.css", "page.js"):
            app.router.add_get(f"/{name}", _file(PAGE / name))
        app.router.add_static("/static", statics())
        app.on_response_prepare.append(_head)
        app.on_shutdown.append(self._close)
        return app

    def _middleware(self) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            return self._refusal(request) or await handler(request)

        return guard

    def _refusal(self, request: web.Request) -> web.Response | None:
        """What is said to who may not come in."""
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        if not self._access.knows_host(host):
            return _plain(f"403: this server is not known as {visible(host)!r}. {_AS_PRINTED}")
        if origin is not None and not self._access.knows_origin(origin, host):
            return _plain(f"403: pages of {visible(origin)!r} may not use this server. {_AS_PRINTED}")
        if request.path == "/ws" and origin is None:
            return _plain("403: a websocket without an origin is no browser's.")
        entering = request.path == "/" and self._access.has_token(request.query.getall("token", ()))
        if not entering and not self._access.has_cookie(request.cookies.get(self._access.cookie)):
            return _plain(NO_TOKEN)
        return None

    async def _page(self, request: web.Request) -> web.StreamResponse:
        """The page; to who comes with the token the cookie, and then the page."""
        if "token" not in request.query:
            return web.FileResponse(PAGE / "app.html")
        if not self._access.has_token(request.query.getall("token")):
            return _plain(NO_TOKEN)  # with the cookie of somebody who knew it
        response = web.Response(text=ENTRY, content_type="text/html")
        response.set_cookie(self._access.cookie, self._access.secret, httponly=True, samesite="Strict", path="/")
        return response

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        """An app, as long as the tab is there."""
        browser = web.WebSocketResponse(timeout=PATIENCE, heartbeat=HEARTBEAT, max_msg_size=LONGEST_MESSAGE)
        await browser.prepare(request)
        self._open.add(browser)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._places.acquire()
        except TimeoutError:
            await _say(
                browser, f"All sessions are in use ({self._served.sessions}). Close a tab, and start again here."
            )
        else:
            try:
                await self._session(browser, (_number(request, "width", 80), _number(request, "height", 24)))
            finally:
                self._places.release()
        finally:
            self._open.discard(browser)
            await browser.close()
        return browser

    async def _session(self, browser: web.WebSocketResponse, size: tuple[int, int]) -> None:
        try:
            session = await Session.start(self._served.folder, self._served.root, self._served.write, size)
        except OSError as error:
            await _say(browser, f"The app cannot be started: {error.strerror}.")
            return
        halves = {asyncio.create_task(_draw(session, browser)), asyncio.create_task(_hear(session, browser))}
        try:
            await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for half in halves:
                half.cancel()
            await asyncio.gather(*halves, return_exceptions=True)
            words = await session.end()
        if words:
            for line in words.splitlines():
                print(visible(line), file=sys.stderr, flush=True)
            await _say(browser, words.splitlines()[-1])

    async def _close(self, _app: web.Application) -> None:
        await asyncio.gather(*(browser.close() for browser in list(self._open)))


_AS_PRINTED = "Open the address that `hpobench serve` printed; behind a proxy, start it with --origin ADDRESS."


def statics() -> Path:
    """What textual-serve has for browsers."""
    spec = find_spec("textual_serve")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "static"


async def _draw(session: Session, browser: web.WebSocketResponse) -> None:
    with contextlib.suppress(ConnectionError):
        async for drawn in session.drawn():
            await browser.send_bytes(drawn)


async def _hear(session: Session, browser: web.WebSocketResponse) -> None:
    """Until the tab is gone, or says what no tab of ours does."""
    with contextlib.suppress(ConnectionError, ValueError):
        async for message in browser:
            if message.type is not WSMsgType.TEXT:
                return
            packet, answer = wire.read(message.data)
            if packet:
                await session.tell(packet)
            if answer:
                await browser.send_str(answer)


async def _say(browser: web.WebSocketResponse, words: str) -> None:
    """Show a line in the tab's terminal."""
    with contextlib.suppress(ConnectionError):
        await browser.send_bytes(f"\x1b[?1049l\x1b[2J\x1b[H{visible(words)}\r\n".encode())


def _worth_telling(record: logging.LogRecord) -> bool:
    """What is no HTTP is answered, and not told: it comes from scanners, and has whatever they sent in it."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | web.RequestPayloadError))


async def _head(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _plain(text: str) -> web.Response:
    return web.Response(text=text, status=403)


def _file(path: Path) -> Handler:
    async def send(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(path)

    return send


def _number(request: web.Request, name: str, usual: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else usual

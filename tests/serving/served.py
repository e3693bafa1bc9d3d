"""``hpobench serve`` in a process of its own, and a client that sees what a browser sees."""

import asyncio
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from hpobench_tui.executors import family
from program import HPOBENCH

PATIENCE = 60.0
SEQUENCES = re.compile(rb"\x1b(\[[0-9;?<>=$]*[a-zA-Z~]|[^\[])")


class Serving:
    """A server that runs; ``said`` is the line with its address."""

    def __init__(self, *arguments: object, cwd: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*HPOBENCH, "serve", "--port", "0", "--json", *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd,
            env={**os.environ, "HPOBENCH_APP_SETTINGS": str(cwd / "app.json"), **environment},
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        self.said: dict[str, Any] = json.loads(line)

    @property
    def url(self) -> str:
        """With its token."""
        return str(self.said["url"])

    @property
    def token(self) -> str:
        return self.url.partition("token=")[2]

    @property
    def at(self) -> str:
        """Without a token, and without the last slash."""
        return f"http://127.0.0.1:{self.said['port']}"

    def apps(self) -> set[int]:
        """The processes of tabs."""
        return {pid for pid in family.children(self.process.pid) if family.is_running(pid)}

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[str, str]:
        """Stop it by a signal; what it said since."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=PATIENCE)

    def __enter__(self) -> "Serving":
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def until(true: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Tab:
    """A websocket, and what came by it."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.seen = ""

    async def sees(self, *words: str) -> str:
        """Wait until all of them were drawn."""
        deadline = time.monotonic() + PATIENCE
        while not all(word in self.seen for word in words):
            left = deadline - time.monotonic()
            assert left > 0, f"{words} did not come within {PATIENCE} s: {self.seen[:3000]}"
            try:
                message = await self.socket.receive(timeout=left)
            except TimeoutError:
                continue
            if message.type.name == "BINARY":
                self.seen += SEQUENCES.sub(b"", message.data).decode()
            else:
                assert message.type.name == "TEXT", f"{words} never came, but {message} after: {self.seen[:3000]}"
        return self.seen

    async def types(self, keys: str) -> None:
        self.seen = ""
        await self.socket.send_json(["stdin", keys])

    async def closed(self) -> int | None:
        """Wait until the server has closed it; the code."""
        async with asyncio.timeout(PATIENCE):
            while (await self.socket.receive()).type.name in ("BINARY", "TEXT"):
                pass
        code: int | None = self.socket.close_code
        return code


@asynccontextmanager
async def browser(serving: Serving) -> AsyncIterator[Any]:
    """A client that has been let in: it has the cookie."""
    import aiohttp

    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        async with client.get(serving.url) as response:
            assert response.status == 200
        yield client


@asynccontextmanager
async def tab(serving: Serving, client: Any) -> AsyncIterator[Tab]:
    address = f"{serving.at}/ws?width=180&height=40"
    socket = await client.ws_connect(address, headers={"Origin": serving.at}, max_msg_size=0)
    try:
        await socket.send_json(["focus"])
        yield Tab(socket)
    finally:
        with suppress(TimeoutError):  # aiohttp's client waits for ever once a `receive` of its was given up
            await asyncio.wait_for(socket.close(), 5.0)


@contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Nothing below it is another when this ends."""
    before = tree(folder)
    yield
    assert tree(folder) == before


def tree(folder: Path) -> dict[str, bytes]:
    """Files and their contents, without what SQLite's readers leave beside a database."""
    files = [path for path in sorted(folder.rglob("*")) if not path.name.endswith(("-shm", "-wal"))]
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in files}

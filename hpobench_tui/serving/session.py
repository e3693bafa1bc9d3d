"""An app in a process of its own, for one tab of a browser; it ends with the tab, and with the server."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from hpobench_tui.engine.front.lifecycle import OUTPUTS_VARIABLE, SUPERVISOR
from hpobench_tui.executors import family
from hpobench_tui.serving import wire
from hpobench_tui.serving.access import VARIABLE as TOKEN_VARIABLE

DRIVER = "textual.drivers.web_driver:WebDriver"
READ_ONLY = "HPOBENCH_READ_ONLY"
PATIENCE = 3.0
"""Seconds that an app has to end by itself."""
MOST_WORDS = 16_384
"""Bytes kept of what it says on standard error: the last."""


class Session:
    """An app that runs."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process, self._input, self._output = process, process.stdin, process.stdout
        self._words = b""
        self._hearing = asyncio.create_task(self._hear(process.stderr))

    @classmethod
    async def start(cls, folder: Path | None, root: Path, write: bool, size: tuple[int, int]) -> "Session":
        """Start an app on an experiment, or on all below ``root``.

        Args:
            write: Whether it may change anything.
            size: Columns and rows.

        Raises:
            OSError: no process can be started.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "hpobench_tui.tui", *([str(folder)] if folder else [])),
            stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True, env=environment(root, write, size),
        )  # fmt: skip
        return cls(process)

    async def drawn(self) -> AsyncIterator[bytes]:
        """What it draws, until it ends."""
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            if await self._output.readuntil(b"\n") != wire.READY:
                return
            while True:
                head = await self._output.readexactly(wire.HEAD)
                payload = await self._output.readexactly(int.from_bytes(head[1:], "big"))
                if head[:1] == b"D":
                    yield payload
                elif head[:1] == b"M" and json.loads(payload).get("type") == "exit":
                    return
                # all else asks the browser to fetch files or to open addresses, which the app never does

    async def tell(self, packet: bytes) -> None:
        """Hand it a packet; one that has ended hears nothing."""
        with contextlib.suppress(OSError, RuntimeError):
            self._input.write(packet)
            await self._input.drain()

    async def end(self) -> str:
        """End it and what it has started to look at something, and say what went wrong with it, or nothing.

        Supervisors of experiments that it has started go on.
        """
        pid = self._process.pid
        own = {child for child in family.children(pid) if not family.is_helper(child, SUPERVISOR.encode())}
        await self.tell(wire.meta("quit"))
        try:
            async with asyncio.timeout(PATIENCE):
                while await self._output.read(2**16):  # else it could wait to be read for ever
                    pass
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        if own:
            await asyncio.to_thread(family.end, lambda: own)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._hearing
        words = self._words.decode("utf-8", "replace").strip()
        return words if self._process.returncode else ""

    async def _hear(self, stream: asyncio.StreamReader) -> None:
        while said := await stream.read(4096):
            self._words = (self._words + said)[-MOST_WORDS:]


def environment(root: Path, write: bool, size: tuple[int, int]) -> Mapping[str, str]:
    """That of an app: no token, and what Textual's driver wants to know."""
    inherited = {name: value for name, value in os.environ.items() if name not in (TOKEN_VARIABLE, READ_ONLY)}
    return inherited | {
        "TEXTUAL_DRIVER": DRIVER,
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "COLUMNS": str(wire.columns(size[0])),
        "ROWS": str(wire.rows(size[1])),
        OUTPUTS_VARIABLE: str(root),
        READ_ONLY: "0" if write else "1",
        "LC_ALL": "C.UTF-8",  # a browser shows all letters, wherever this was started
    }

"""Keys and pasted text take effect in turn, however fast they come.

Textual hands each key to the widget that has the focus when it *arrives*, and does what is bound to it only when it
has bubbled up to the app. Of Tab, Ctrl+U and text in one read (a paste, a slow line, a macro), all land in the widget
that had the focus before, and the text before Ctrl+U. Here a key waits until all that the one before has set off is
done, the opening of a dialog with it.
"""

import asyncio
from collections import deque
from contextlib import suppress

from textual import events
from textual.app import App, ScreenStackError
from textual.message_pump import MessagePump

MOST_ROUNDS = 20
PATIENCE = 2.0
"""Seconds after which a key no longer waits for a widget that does not answer."""


class InTurn(App[None]):
    """An app whose keys wait for each other."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Event] = deque()
        self._turn: asyncio.Task[None] | None = None

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, (events.Key, events.Paste)) or event.is_forwarded:
            await super().on_event(event)
            return
        self._typed.append(event)
        if self._turn is None:
            await self._next()

    @property
    def typing(self) -> bool:
        """Whether keys have come that have not done all they do."""
        return self._turn is not None

    async def _next(self) -> None:
        """Do what the next key does; the one after it waits till that is done."""
        if not self._is_shown():
            self._typed.clear()
            self._turn = None
            return
        forwarded = asyncio.Event()
        self._turn = asyncio.create_task(self._settle(forwarded))
        self._turn.add_done_callback(self._go_on)
        try:
            await super().on_event(self._typed.popleft())
        finally:
            forwarded.set()

    def _go_on(self, turn: asyncio.Task[None]) -> None:
        self._turn = None if turn.cancelled() or not self._typed else turn
        if self._turn is not None:
            self.call_next(self._next)

    def _is_shown(self) -> bool:
        """Whether there is a screen; none is left of an app that is leaving."""
        with suppress(ScreenStackError):
            return self.screen is not None
        return False

    async def _settle(self, forwarded: asyncio.Event) -> None:
        """Till what a key has set off is done: nothing is left in the queues from the focus up, twice running."""
        await forwarded.wait()
        with suppress(ScreenStackError):  # the app is leaving
            await self._quiet()

    async def _quiet(self) -> None:
        quiet = 0
        for _ in range(MOST_ROUNDS):
            screen, focused = self.screen, self.focused
            waited = False
            for node in (focused or screen).ancestors_with_self:
                waited |= node.message_queue_size > 0
                if not await _answers(node):
                    return
            quiet = (
                0 if waited or (self.screen, self.focused) != (screen, focused) or not screen.is_mounted else quiet + 1
            )
            if quiet == 2:
                return
            if not screen.is_mounted:
                await asyncio.sleep(PATIENCE / MOST_ROUNDS / 10)


async def _answers(node: MessagePump) -> bool:
    """Wait till a widget has done all that is in its queue by now; whether it has."""
    done = asyncio.Event()
    if not node.call_later(done.set):  # it is gone
        return True
    try:
        await asyncio.wait_for(done.wait(), PATIENCE)
    except TimeoutError:
        return False
    return True

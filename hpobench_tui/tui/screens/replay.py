"""A replay: what an experiment looked like at each part of its budget, at a chosen speed or step by step."""

from typing import TYPE_CHECKING

from textual.timer import Timer

if TYPE_CHECKING:
    from hpobench_tui.tui.screens.level import Level

SECONDS = 20.0
"""What all of the budget takes at a speed of 1."""
PLACES = tuple(2.0 ** (-k / 4) for k in range(40, -1, -1))
"""Where a replay stops: four to an octave, from a thousandth of the budget on."""
MARKS = (1 / 8, 1 / 4, 1 / 2)
"""Where one steps to while nothing is replayed; then all of it."""
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


class Replay:
    """Moves ``level.view.at`` along; ``on`` while there is a replay, whether it runs or waits."""

    def __init__(self, level: "Level") -> None:
        self._level = level
        self._place = 0
        self._speed = SPEEDS.index(1.0)
        self._timer: Timer | None = None
        self.on = False

    @property
    def running(self) -> bool:
        return self._timer is not None

    @property
    def words(self) -> str:
        """What the line above says of it."""
        at = self._level.view.at
        if not self.on:
            return f"at {at:.3g} of the budget" if at is not None else ""
        ascii_only = self._level.view.ascii_only
        sign = (">" if ascii_only else "▶") if self.running else ("=" if ascii_only else "⏸")
        return f"replay {sign} {at or 0:.2%} of the budget, speed {SPEEDS[self._speed]:g}"

    def start(self) -> None:
        """From the beginning."""
        self.on, self._place = True, 0
        self._show()
        self.toggle()
        self._level.notify("Replay: p waits and goes on, . and , step, > and < change its speed, r or Esc ends it.")

    def stop(self) -> None:
        """Back to how things are."""
        self.pause()
        self.on = False
        self._level.look(self._level.view.but(at=None))

    def toggle(self) -> None:
        """Wait, or go on; from the end, once more from the beginning."""
        if self.running:
            self.pause()
            self._show()
            return
        if self._place >= len(PLACES) - 1:
            self._place = 0
        period = max(SECONDS / len(PLACES) / SPEEDS[self._speed], self._level.feed.period)
        self._timer = self._level.set_interval(period, self._forward)
        self._show()

    def pause(self) -> None:
        """Stand still, if it runs."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def step(self, step: int) -> None:
        """One place on or back; without a replay from mark to mark."""
        if self.on:
            self.pause()
            self._place = min(max(self._place + step, 0), len(PLACES) - 1)
            self._show()
            return
        marks = (*MARKS, None)
        at = self._level.view.at
        now = marks.index(at) if at in marks else len(marks) - 1
        self._level.look(self._level.view.but(at=marks[min(max(now + step, 0), len(marks) - 1)]))

    def faster(self, factor: float) -> None:
        """Another speed, if there is one."""
        if not self.on:
            return
        self._speed = min(max(self._speed + (1 if factor > 1 else -1), 0), len(SPEEDS) - 1)
        if self.running:
            self.pause()
            self.toggle()
        else:
            self._show()

    def _forward(self) -> None:
        if self._place >= len(PLACES) - 1:
            self.pause()
        else:
            self._place += 1
        self._show()

    def _show(self) -> None:
        self._level.look(self._level.view.but(at=PLACES[self._place]))

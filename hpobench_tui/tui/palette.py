"""Where ``:`` leads to: problems, optimizers and measures of the experiment in front, and other experiments."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from hpobench_tui.core.text import in_line
from hpobench_tui.store.reader import experiments
from hpobench_tui.tui.screens.level import Level

if TYPE_CHECKING:
    from hpobench_tui.tui.app import HpobenchApp


class Places(Provider):
    """Every place that can be gone to by name."""

    def _places(self) -> Iterator[tuple[str, str, Callable[[], None]]]:
        app = cast("HpobenchApp", self.app)
        if isinstance(level := self.screen, Level):
            for kind, name, view in level.places():

                def jump(view: object = view) -> None:
                    level.look(view)  # type: ignore[arg-type]

                yield kind, name, jump
        for folder in experiments(app.root):

            def go(folder: Path = folder) -> None:
                app.watch_experiment(folder)

            yield "experiment", folder.name, go

    async def discover(self) -> Hits:
        for kind, name, go in self._places():
            yield DiscoveryHit(Content(in_line(name)), go, text=name, help=kind)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for kind, name, go in self._places():
            shown = in_line(name)
            if (score := matcher.match(f"{shown} {kind}")) > 0:
                yield Hit(score, Content(shown), go, text=name, help=kind)

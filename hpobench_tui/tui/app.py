"""The app: three screens (set up, watch, results) over one outputs folder."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import ClassVar

from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.actions import ActionParseResult
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import Screen

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.text import visible
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.store.reader import Reader
from hpobench_tui.tui import cell_diff, hangup, settings
from hpobench_tui.tui.cell_diff import Cells
from hpobench_tui.tui.feed import Feed
from hpobench_tui.tui.feed.feed import LOCAL_PERIOD, SSH_PERIOD, one_heap, quicken
from hpobench_tui.tui.in_turn import InTurn
from hpobench_tui.tui.palette import Places
from hpobench_tui.tui.panels.panel import View
from hpobench_tui.tui.read_only import REFUSAL, ReadOnlyError, asked, hold, is_writing
from hpobench_tui.tui.screens.help import HelpScreen
from hpobench_tui.tui.screens.level import Level
from hpobench_tui.tui.screens.overview import OverviewScreen
from hpobench_tui.tui.screens.results import ResultsScreen
from hpobench_tui.tui.widgets.chart import looks
from hpobench_tui.tui.widgets.paging import stay_within_room
from hpobench_tui.tui.widgets.words import OnlyVisible


class HpobenchApp(InTurn):
    """Opens on ``attach`` (an experiment's folder), else on the set-up screen."""

    TITLE = "hpobench"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "results", "Results", show=False),
        Binding("question_mark,f1", "help", "Help", key_display="?"),
        Binding("colon", "command_palette", "Jump", key_display=":"),
        Binding("q", "quit", "Quit"),
    ]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Places}

    def __init__(self, attach: Path | None = None, root: Path | None = None, read_only: bool = False) -> None:
        super().__init__()
        self.read_only = read_only
        self.attach = attach
        self.root = root or lifecycle.outputs_root()
        self.watched: list[Path] = []
        self._feeds: dict[Path, Feed] = {}
        self._only_visible = OnlyVisible(looks.only_ascii())
        self._cells = Cells() if cell_diff.wanted(over_ssh()) else None
        if over_ssh():
            self.animation_level = "none"

    def on_mount(self) -> None:
        quicken()
        stay_within_room()
        one_heap()
        theme = settings.get("app", "theme")
        if isinstance(theme, str) and theme in self.available_themes:
            self.theme = theme
        self.theme_changed_signal.subscribe(self, lambda theme: settings.put("app", "theme", theme.name))
        if self.attach is None or not self.watch_experiment(self.attach):
            self.begin()

    def get_default_screen(self) -> Screen[None]:
        return Home(id="_default")

    def begin(self) -> None:
        """Open what one begins with: the set-up, or where nothing can be started the list of what there is."""
        if self.read_only:
            self.action_results()
        else:
            self.set_up()

    def set_up(self) -> None:
        """Open the set-up screen, which who looks at an experiment has not paid for."""
        from hpobench_tui.tui.screens.setup import SetupScreen

        self.push_screen(SetupScreen(self.start_experiment))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Notices name paths, labels and extras, whose brackets are no markup, and which may hold anything."""
        super().notify(visible(message), title=title, severity=severity, timeout=timeout, markup=False)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """[Textual's own] Write what changed; over a slow line cell by cell."""
        if self._cells is not None:
            if isinstance(renderable, CompositorUpdate):
                renderable = self._cells.less(renderable, *self.size)
            elif renderable is not None:
                self._cells.forget()
        super()._display(screen, renderable)

    def on_resize(self) -> None:
        if self._cells is not None:
            self._cells.forget()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._only_visible]

    def start_experiment(self, experiment: Experiment) -> None:
        """Create it, set it going and watch it.

        Raises:
            HpobenchError: it cannot be created.
        """
        self.watch_experiment(lifecycle.start(experiment, self.root))

    def watch_experiment(self, folder: Path) -> bool:
        """Open an experiment, and say whether that could be done; what is wrong with it is said in place."""
        try:
            view = View(self.feed_of(folder), ascii_only=looks.only_ascii())
        except HpobenchError as error:
            self.notify(str(error), severity="error", timeout=15)
            return False
        overview = OverviewScreen(view)
        self.push_screen(overview)
        if len(view.feed.state.problems) == 1:  # an overview of one column says little
            overview.down(view.but(problem=view.feed.state.problems[0]))
        self.watched = [*(f for f in self.watched if f != folder), folder]
        return True

    def feed_of(self, folder: Path) -> Feed:
        """The one that reads an experiment, for all screens that show it.

        Raises:
            HpobenchError: no store there.
        """
        known = self._feeds.get(folder)
        if known is None or known.trouble:
            if known is not None:
                known.close()
            self._feeds[folder] = Feed(folder, SSH_PERIOD if over_ssh() else LOCAL_PERIOD)
        return self._feeds[folder]

    def on_level_left(self) -> None:
        """Stop reading what no screen shows any more."""
        shown = {id(screen.feed) for screen in self.screen_stack if isinstance(screen, Level)}
        for folder, feed in list(self._feeds.items()):
            if id(feed) not in shown:
                feed.close()
                del self._feeds[folder]

    def on_unmount(self) -> None:
        for feed in self._feeds.values():
            feed.close()

    def refuses(
        self,
        action: "str | ActionParseResult",
        namespace: DOMNode | None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Whether an action would change something in an app that is read only."""
        target, name, _ = self._parse_action(action, namespace or self, namespaces)
        return self.read_only and is_writing(target, name)

    def _check_action_state(self, action: str, default_namespace: DOMNode) -> bool | None:
        """[Textual's own] No key is offered for what is refused."""
        return (
            False if self.refuses(action, default_namespace) else super()._check_action_state(action, default_namespace)
        )

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """All actions come by here, whatever key, click or link they are from."""
        try:
            if self.refuses(action, default_namespace, namespaces):
                raise ReadOnlyError(REFUSAL)
            return await super().run_action(action, default_namespace, namespaces)
        except ReadOnlyError as error:  # of this fence, or of the one behind it
            self.notify(str(error), severity="warning")
            return True

    def action_results(self) -> None:
        """The list of experiments, once."""
        for screen in self.screen_stack:
            if isinstance(screen, ResultsScreen):
                while self.screen is not screen:
                    self.pop_screen()
                return
        self.push_screen(ResultsScreen(self.root, self.watch_experiment))

    def action_help(self) -> None:
        """All keys of this screen."""
        if isinstance(self.screen, HelpScreen):
            return
        about = [text for owner in (self.screen, self.focused) if (text := getattr(owner, "HELP", None))]
        if isinstance(self.screen, Level):
            about = [*self.screen.lessons(), *about]
        self.push_screen(HelpScreen(about, self.keys()))

    def keys(self) -> list[tuple[str, str]]:
        """(keys, what they do) at this moment: one table for help and palette."""
        found: dict[str, list[str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.description and not binding.system:
                found.setdefault(binding.description, []).append(self.get_key_display(binding))
        return [(" ".join(dict.fromkeys(keys)), what) for what, keys in found.items()]


class Home(Screen[None]):
    """Below all others, and never seen: who comes up from an experiment that was opened first finds the results."""

    def on_screen_resume(self) -> None:
        app = self.app
        if isinstance(app, HpobenchApp) and (app.watched or app.read_only) and app.screen is self:
            if not app.read_only:
                app.set_up()
            app.action_results()


def over_ssh() -> bool:
    """Whether the terminal is at the other end of an SSH line."""
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def run(attach: Path | None = None, preset: str | None = None, read_only: bool = False) -> None:
    """Run the app until the user leaves it; what runs goes on running.

    Args:
        attach: The folder of an experiment to open at once.
        preset: The name of a preset to start at once.
        read_only: Let this process change nothing from now on; likewise where ``HPOBENCH_READ_ONLY`` says so.

    Raises:
        HpobenchError: no such experiment or preset.
    """
    read_only = read_only or asked()
    if read_only:
        hold()
    if preset is not None:
        from hpobench_tui.engine.front import presets

        attach = lifecycle.start(presets.load(preset), lifecycle.outputs_root())
    if attach is not None:
        with Reader(attach) as reader:  # what is wrong with it is said before the screen is taken over
            reader.experiment()
    if isinstance(sys.__stderr__, TextIOWrapper):
        sys.__stderr__.reconfigure(encoding="utf-8")  # what the app is drawn on; any other encoding would show escapes
    hangup.watch()
    app = HpobenchApp(attach, read_only=read_only)
    app.run()
    living = [folder for folder in app.watched if lifecycle.supervised(folder)]
    for folder in () if app.is_web else living:  # what is said to a browser are packets
        print(f"{folder.name} goes on running. Come back with: hpobench attach {folder.name}")
    if app.return_code:
        sys.exit(app.return_code)

"""The app: three screens (set up, watch, results) over one outputs folder."""

import sys
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import Screen

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.text import visible
from hpobench_tui.engine.front import lifecycle, presets
from hpobench_tui.store.reader import Reader
from hpobench_tui.tui.in_turn import InTurn
from hpobench_tui.tui.screens.help import HelpScreen
from hpobench_tui.tui.screens.live import LiveScreen, over_ssh
from hpobench_tui.tui.screens.results import ResultsScreen
from hpobench_tui.tui.screens.setup import SetupScreen
from hpobench_tui.tui.widgets.words import OnlyVisible


class HpobenchApp(InTurn):
    """Opens on ``attach`` (an experiment's folder), else on the set-up screen."""

    TITLE = "hpobench"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "results", "Results", show=False),
        Binding("question_mark,f1", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, attach: Path | None = None, root: Path | None = None) -> None:
        super().__init__()
        self.attach = attach
        self.root = root or lifecycle.outputs_root()
        self.watched: list[Path] = []
        self._only_visible = OnlyVisible()
        if over_ssh():
            self.animation_level = "none"

    def on_mount(self) -> None:
        self.push_screen(SetupScreen(self.start_experiment))
        if self.attach is not None:
            self.watch_experiment(self.attach)

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

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._only_visible]

    def start_experiment(self, experiment: Experiment) -> None:
        """Create it, set it going and watch it.

        Raises:
            HpobenchError: it cannot be created.
        """
        self.watch_experiment(lifecycle.start(experiment, self.root))

    def watch_experiment(self, folder: Path) -> None:
        """Open an experiment; what is wrong with it is said in place."""
        try:
            screen = LiveScreen(folder)
            if changed := screen.feed.reader.remark(whole=False):
                self.notify(changed, severity="error", timeout=15)
            self.push_screen(screen)
            self.watched = [*(f for f in self.watched if f != folder), folder]
        except HpobenchError as error:
            self.notify(str(error), severity="error", timeout=15)

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
        self.push_screen(HelpScreen(about, self.keys()))

    def keys(self) -> list[tuple[str, str]]:
        """(keys, what they do) at this moment: one table for help and palette."""
        found: dict[str, list[str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.description and not binding.system:
                found.setdefault(binding.description, []).append(self.get_key_display(binding))
        return [(" ".join(dict.fromkeys(keys)), what) for what, keys in found.items()]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action of the screen, and the app's own."""
        seen = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if not binding.description or binding.description in seen or binding.system:
                continue
            seen.add(binding.description)
            key = self.get_key_display(binding)

            def act(action: str = binding.action, node: object = active.node) -> None:
                self.call_later(self.run_action, action, node)

            yield SystemCommand(binding.description, f"key {key}", act)
        yield from super().get_system_commands(screen)


def run(attach: Path | None = None, preset: str | None = None) -> None:
    """Run the app until the user leaves it; what runs goes on running.

    Args:
        attach: The folder of an experiment to open at once.
        preset: The name of a preset to start at once.

    Raises:
        HpobenchError: no such experiment or preset.
    """
    if preset is not None:
        attach = lifecycle.start(presets.load(preset), lifecycle.outputs_root())
    if attach is not None:
        with Reader(attach) as reader:  # what is wrong with it is said before the screen is taken over
            reader.experiment(), reader.runs()
    if isinstance(sys.__stderr__, TextIOWrapper):
        sys.__stderr__.reconfigure(encoding="utf-8")  # what the app is drawn on; any other encoding would show escapes
    app = HpobenchApp(attach)
    app.run()
    living = [folder for folder in app.watched if lifecycle.supervised(folder)]
    for folder in living:
        print(f"{folder.name} goes on running. Come back with: hpobench attach {folder.name}")
    if app.return_code:
        sys.exit(app.return_code)

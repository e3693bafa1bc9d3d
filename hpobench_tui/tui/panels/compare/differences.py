"""Average ranks of medians over the problems, and who a test cannot tell apart."""

from textual.app import ComposeResult

from hpobench_tui.tui.panels.compare.part import ComparePanel, Found
from hpobench_tui.tui.widgets.differences import Differences, Ranked


class DifferencesPanel(ComparePanel):
    """A critical-difference strip."""

    DEFAULT_CSS = "DifferencesPanel { height: 2fr; Differences { height: 1fr; } }"

    name, side, part = "differences", "right", "ranks"
    words = "critical differences"
    help = """\
Medians are ranked on each problem, 1 is best; the marker stands at the mean over the problems that all were run on.
Brackets join those whose ranks differ by less than the critical difference (Nemenyi): the test cannot tell them apart.
p (Friedman, Iman & Davenport) is the chance of such ranks if all were equal; few problems can show little."""

    def compose(self) -> ComposeResult:
        yield Differences(id=self.name)

    def show_found(self, found: Found) -> None:
        part = found.said["ranks"]
        labels = part["labels"]
        ranked = [Ranked(label, rank, found.look(label)) for label, rank in zip(labels, part["ranks"], strict=True)]
        groups = [[labels[place] for place in group] for group in part["groups"]]
        self.query_one(Differences).show(ranked, groups, part["critical_difference"])
        p = "" if part["p"] is None else f", p = {part['p']:.2g}"
        self.entitle(f"critical differences {part['extent']}{p}")

    def say(self, reason: str) -> None:
        self.query_one(Differences).show([], hint=reason)

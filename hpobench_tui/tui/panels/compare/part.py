"""What the panels of a comparison share: what was found so far, and how they are filled from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from hpobench_tui.core.text import in_line
from hpobench_tui.tui.panels.panel import Panel


@dataclass(frozen=True, slots=True)
class Found:
    """What the comparing process has said so far (``tui.comparing``), and what a person looks at.

    Attributes:
        said: By name; what is not there yet is missing.
        focused: The label on top.
        pair: Before and after, whose problems are shown.
    """

    said: Mapping[str, Any] = field(default_factory=dict)
    focused: str | None = None
    pair: tuple[str, str] | None = None

    def with_line(self, line: Mapping[str, Any]) -> Self:
        """After another line."""
        return replace(self, said={**self.said, **line})

    @property
    def labels(self) -> Sequence[str]:
        """All of them, in the order of the experiments."""
        labels: Sequence[str] = self.said.get("about", {}).get("labels", ())
        return labels

    def look(self, label: str) -> int:
        """The number of a label's colour and marker."""
        return self.labels.index(label) if label in self.labels else len(self.labels)

    def part(self, name: str) -> Mapping[str, Any] | None:
        """What was said of that; None: nothing yet, or that it cannot be said."""
        found: Mapping[str, Any] | None = self.said.get(name)
        return None if found is None or "why" in found else found

    def reason(self, name: str) -> str:
        """Why there is nothing of it: it is not there yet, or cannot be."""
        found = self.said.get(name)
        if found is not None and "why" in found:
            return in_line(str(found["why"]))
        if "error" in self.said:
            return in_line(str(self.said["error"]))
        done = self.said.get("read")
        return f"reading {done[0]}/{done[1]}" if done else "reading"


class ComparePanel(Panel):
    """A panel of a comparison."""

    part: str
    """The name of what it shows."""

    def fill_from(self, found: Found) -> None:
        """Show it, or say why not."""
        if found.part(self.part) is None:
            self.say(found.reason(self.part))
        else:
            self.show_found(found)

    def show_found(self, found: Found) -> None:
        """Show what is there."""
        raise NotImplementedError  # a subclass says how

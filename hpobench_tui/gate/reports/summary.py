"""An outcome as Markdown, for the summary of a GitHub job or a comment."""

from collections.abc import Iterator, Sequence

from hpobench_tui.core.text import in_line
from hpobench_tui.export.markup import MARKDOWN, markdown_table
from hpobench_tui.gate.outcome import Came, Finding, Outcome

OPENING = "## hpobench check "
ROOM = 190_000
"""Bytes of each of its five lists: a step's summary beyond 1 MiB is refused by GitHub as a whole."""
LONGEST = 1000
HEADER = ("what", "problem", "optimizer", "finding")


def summary(outcome: Outcome) -> str:
    """The text: the verdict, what failed, then what was skipped and what passed (folded), the rule and the notes."""
    sign = "✅" if outcome.passed else "❌"
    parts = [
        f"{OPENING}{sign} {outcome.verdict}",
        f"{_text(outcome.experiment)} against {_text(outcome.baseline)}; "
        f"all tests together keep the level of {outcome.alpha:.3g}; took {outcome.seconds:.1f} s.",
    ]
    for came in (Came.FAILED, Came.SKIPPED, Came.PASSED):
        if found := outcome.those(came):
            title, table = f"{came} ({len(found)})", _table(found)
            parts.append(f"### {title}\n\n{table}" if came is Came.FAILED else _folded(title, table))
    for title, lines in {"How it was decided": outcome.rule, "Notes": outcome.notes}.items():
        if lines:
            parts.append(f"### {title}\n\n" + "\n".join(_fitting([f"- {_text(line)}" for line in lines], "- ")))
    return "\n\n".join(parts) + "\n"


def _table(findings: Sequence[Finding]) -> str:
    rows = [_row(finding) for finding in findings]
    head, rule, *lines = markdown_table(HEADER, rows).splitlines()
    return "\n".join([head, rule.replace("---:", "---"), *_fitting(lines, "| | | | ")])


def _row(finding: Finding) -> list[str]:
    of = (finding.problem or "all", finding.label or "all")
    return [str(finding.what), *map(_text, of), _text(finding.message)]


def _fitting(lines: Sequence[str], before: str) -> Iterator[str]:
    """As many of the lines as there is room for, and how many more there are."""
    room = ROOM
    for number, line in enumerate(lines):
        room -= len(line.encode()) + 1
        if room < 0:
            yield f"{before}… and {len(lines) - number} more, in the JUnit file"
            return
        yield line


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _text(text: str) -> str:
    line = in_line(text)
    return MARKDOWN.text(line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…")

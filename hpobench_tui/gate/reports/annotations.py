"""An outcome as GitHub's workflow commands: lines in a log that become notes on a commit.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from hpobench_tui.core.text import in_line
from hpobench_tui.gate.outcome import Came, Outcome

OPENING = "::"
MOST = 10
"""GitHub shows so many errors of a step, and drops the others without a word."""
LONGEST = 1000
"""Characters of a message, so that ten fit beside a commit."""


def annotations(outcome: Outcome) -> str:
    """The lines: an error a failed finding, the last for all that GitHub would drop; then a notice of what was skipped.

    Nothing, if all passed.
    """
    failed, skipped = outcome.those(Came.FAILED), outcome.those(Came.SKIPPED)
    shown = failed if len(failed) <= MOST else failed[: MOST - 1]
    lines = [_command("error", f"{finding.what}: {finding.of}", finding.message) for finding in shown]
    if rest := len(failed) - len(shown):
        lines.append(_command("error", "hpobench check", f"{rest} more findings failed: the summary lists them"))
    if skipped:
        first = skipped[0]
        others = f" (and {len(skipped) - 1} more)" if len(skipped) > 1 else ""
        lines.append(
            _command("notice", "hpobench check", f"skipped: {first.what}, {first.of}: {first.message}{others}")
        )
    return "".join(f"{line}\n" for line in lines)


def _command(kind: str, title: str, message: str) -> str:
    property_ = _data(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={property_}::{_data(message)}"


def _data(text: str) -> str:
    """Escaped as the runner takes it back; ends of lines are none any more, as in all that is one line."""
    line = in_line(text)
    line = line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
    return line.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

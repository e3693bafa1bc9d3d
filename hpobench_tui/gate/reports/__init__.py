"""An outcome for CI: each report is a pure function of it in a module of its own, and here they become files."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hpobench_tui.core.errors import HpobenchError, too_long, unknown
from hpobench_tui.core.nearest import shown
from hpobench_tui.export.replacing import replacing
from hpobench_tui.gate.outcome import Outcome
from hpobench_tui.gate.reports import annotations as commands
from hpobench_tui.gate.reports import badge as badges
from hpobench_tui.gate.reports import junit as xml
from hpobench_tui.gate.reports import summary as markdown

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The environment variable that names the file whose text GitHub shows on the page of a job."""


@dataclass(frozen=True, slots=True)
class Report:
    """One way to write an outcome down.

    Attributes:
        text: Makes it.
        opening: What each begins with; a file that begins otherwise is somebody else's, and is not replaced.
    """

    text: Callable[[Outcome], str]
    opening: str


REPORTS: Mapping[str, Mapping[str, Report]] = {
    "junit": {"": Report(xml.junit, xml.OPENING)},
    "summary": {"": Report(markdown.summary, markdown.OPENING)},
    "annotations": {"": Report(commands.annotations, commands.OPENING)},
    "badge": {".json": Report(badges.badge, badges.OPENING), ".svg": Report(badges.badge_svg, badges.SVG_OPENING)},
}
"""By kind, then by the suffix of the file; the empty suffix stands for any."""


def report(kind: str, path: Path) -> Report:
    """The report that a file is to hold, if it may.

    Raises:
        HpobenchError: there is none of that kind or suffix, or the file is there and holds something else.
    """
    if kind not in REPORTS:
        raise unknown("report", kind, list(REPORTS))
    forms = REPORTS[kind]
    suffix = "" if "" in forms else path.suffix.lower()
    if suffix not in forms:
        raise HpobenchError(f"a {kind} ends in {' or '.join(forms)}; {shown(str(path))} does not. Name another file.")
    found = forms[suffix]
    try:
        if path.is_file() and not _is_step_summary(kind, path):
            begins = path.read_bytes()[: len(found.opening.encode())]
            if begins and begins != found.opening.encode():
                raise HpobenchError(f"{shown(str(path))} is there, and is no {kind} of a check. Name another file.")
    except OSError as error:
        raise _cannot(path, error) from error
    return found


def write(kind: str, outcome: Outcome, path: Path) -> None:
    """Write a report to a file, whole or not at all; missing folders are made. GitHub's step summary is added to.

    Raises:
        HpobenchError: as :func:`report`, or the file cannot be written.
    """
    text = report(kind, path).text(outcome)
    try:
        if _is_step_summary(kind, path) or (path.exists() and not path.is_file()):  # a pipe, or /dev/stdout
            with path.open("a", encoding="utf-8") as stream:
                stream.write(text)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise _cannot(path, error) from error


def _is_step_summary(kind: str, path: Path) -> bool:
    return kind == "summary" and str(path) == os.environ.get(STEP_SUMMARY)


def _cannot(path: Path, error: OSError) -> HpobenchError:
    reason = too_long(path) or f"cannot write {shown(str(path))}: {error.strerror or error}."
    return HpobenchError(f"{reason} Name another file.")

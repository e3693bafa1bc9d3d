"""All that stands in the report: its sections' numbers, in a form that JSON can hold."""

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np

from hpobench_tui.core.text import in_line, visible
from hpobench_tui.export.material import Material
from hpobench_tui.export.report.books import AUDIT, FAILURES, protocol
from hpobench_tui.export.report.performance import DIFFERENCES, OVER_BUDGET, TARGETS
from hpobench_tui.export.report.results import CURVES, OVERVIEW
from hpobench_tui.export.report.runs import BRACKETS, IMPORTANCE
from hpobench_tui.export.report.sections import Json, Section, Subject

SECTIONS: Mapping[str, Section] = {
    "overview": OVERVIEW, "curves": CURVES, "targets": TARGETS, "over_budget": OVER_BUDGET, "differences": DIFFERENCES,
    "brackets": BRACKETS, "importance": IMPORTANCE, "failures": FAILURES, "audit": AUDIT,
}  # fmt: skip
"""As they follow each other on the page; ``assets`` has a function of the same name for each."""

EXACT = 2**53 - 1
"""The largest whole number that a script has exactly, with all those below it."""


def collected(material: Material) -> dict[str, Json]:
    """The protocol and every section. All texts show what is in them (``core.text``), and no number is infinite."""
    subject = Subject(material)
    sections: dict[str, Json] = {name: section.made(subject) for name, section in SECTIONS.items()}
    found: dict[str, Json] = {"title": material.title(), "protocol": protocol(subject), "sections": sections}
    return {name: plain(part) for name, part in found.items()}


def plain(value: object) -> Json:
    """What JSON and a page may hold: texts made visible (those of several lines stay so), no NaN, no infinity, and
    whole numbers that a script would round as texts."""
    match value:
        case None | bool():
            return value
        case int():  # a script's numbers are doubles, which have not all of a seed's digits
            return value if abs(value) <= EXACT else str(value)
        case float():
            return value if isfinite(value) else None
        case str():
            return visible(value) if "\n" in value else in_line(value)
        case Mapping():
            return {in_line(str(name)): plain(part) for name, part in value.items()}
        case Sequence():
            return [plain(part) for part in value]
        case np.generic():
            return plain(value.item())
    raise TypeError(f"no JSON: {value!r}")

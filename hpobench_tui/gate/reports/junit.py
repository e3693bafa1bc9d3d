"""An outcome as JUnit XML, which every CI shows: one test suite, and a test case a finding.

The elements and attributes are those that Jenkins' ``junit-10.xsd`` has, which GitLab and others read too. XML 1.0 has
no place for control characters, not even escaped: names and messages are written as people see them.
"""

from collections import Counter
from xml.etree import ElementTree as Xml

from hpobench_tui.core.text import in_line
from hpobench_tui.gate.outcome import Came, Finding, Outcome

NAME = "hpobench check"
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
OPENING = f'{DECLARATION}<testsuites name="{NAME}"'


def junit(outcome: Outcome) -> str:
    """The XML text.

    A case is called after what was looked at (its class) and of what (its name), with a number where a name comes
    again, since readers take equal names for one case that was tried anew. The numbers behind a finding are its output.
    """
    counts = {
        "tests": len(outcome.findings),
        "failures": len(outcome.those(Came.FAILED)),
        "errors": 0,
    }
    totals = {name: str(count) for name, count in counts.items()}
    seconds = f"{max(outcome.seconds, 0):.3f}"
    root = Xml.Element("testsuites", {"name": NAME, **totals, "time": seconds})
    skipped = str(len(outcome.those(Came.SKIPPED)))
    name = in_line(f"{outcome.experiment} against {outcome.baseline}")
    suite = Xml.SubElement(root, "testsuite", {"name": name, **totals, "skipped": skipped, "time": seconds})
    properties = Xml.SubElement(suite, "properties")
    for key, value in {"experiment": outcome.experiment, "baseline": outcome.baseline, "alpha": outcome.alpha}.items():
        Xml.SubElement(properties, "property", {"name": key, "value": in_line(str(value))})
    named: Counter[tuple[str, str]] = Counter()
    for finding in outcome.findings:
        of = in_line(finding.of)
        named[finding.what, of] += 1
        suite.append(_case(finding, of if (times := named[finding.what, of]) == 1 else f"{of} ({times})"))
    if lines := [*outcome.rule, *outcome.notes]:
        Xml.SubElement(suite, "system-out").text = "\n".join(map(in_line, lines))
    Xml.indent(root)
    return f"{DECLARATION}{Xml.tostring(root, encoding='unicode')}\n"


def _case(finding: Finding, name: str) -> Xml.Element:
    case = Xml.Element("testcase", {"classname": f"hpobench.{finding.what}", "name": name, "time": "0"})
    message = in_line(finding.message)
    match finding.came:
        case Came.FAILED:
            Xml.SubElement(case, "failure", {"type": str(finding.what), "message": message}).text = message
        case Came.SKIPPED:
            Xml.SubElement(case, "skipped", {"message": message})
    lines = [] if finding.came is Came.FAILED else [message]
    lines += [f"{in_line(key)} = {in_line(str(value))}" for key, value in finding.numbers.items() if value is not None]
    if lines:
        Xml.SubElement(case, "system-out").text = "\n".join(lines)
    return case

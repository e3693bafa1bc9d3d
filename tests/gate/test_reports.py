"""An outcome in every form that CI shows: whole, escaped, and small enough, whatever the names and however many."""

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import complaints, nasty
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.gate.outcome import Came, Finding, Outcome, What
from hpobench_tui.gate.reports import REPORTS, STEP_SUMMARY, report, write
from hpobench_tui.gate.reports.annotations import MOST, annotations
from hpobench_tui.gate.reports.badge import badge, badge_svg
from hpobench_tui.gate.reports.junit import junit
from hpobench_tui.gate.reports.summary import summary

WORSE = Finding(
    What.LOSS, Came.FAILED, "worse by 7.1%, p = 0.0004 of 15 pairs", "synthetic/branin", "gp", {"p": 0.0004, "n": 15}
)
SAME = Finding(What.TRIALS, Came.PASSED, "bit-equal in 15 of 15 runs", "synthetic/branin", "tpe")
UNTOLD = Finding(What.TIME, Came.SKIPPED, "was not asked for (--time)")
OUTCOME = Outcome(
    "ci-quick", "baselines/ci-quick.json", 0.05, (WORSE, SAME, UNTOLD), ("one-sided, Holm",), ("2 cores",), 1.5
)
NOTHING = Outcome("ci-quick", "b.json", 0.05, ())

ATTRIBUTES = {  # of Jenkins' junit-10.xsd: those that must be there, and those that may
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
    ),
    "properties": (set(), set()),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name"}, {"time", "classname", "group"}),
    "failure": (set(), {"type", "message"}),
    "skipped": (set(), {"type", "message"}),
    "system-out": (set(), set()),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase", "system-out"},
    "properties": {"property"},
    "testcase": {"failure", "skipped", "system-out"},
}
SUREFIRE_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def parsed(outcome: Outcome) -> Xml.Element:
    """The test suite, once everything in the file has been held against the schema."""
    root = Xml.fromstring(junit(outcome).encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        needed, allowed = ATTRIBUTES[element.tag]
        assert needed <= set(element.attrib) <= needed | allowed
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        assert SUREFIRE_TIME.fullmatch(element.get("time", "0"))
    (suite,) = root
    cases = suite.findall("testcase")
    assert [suite.get("tests"), suite.get("failures"), suite.get("skipped")] == [
        str(len(cases)),
        str(len(suite.findall("testcase/failure"))),
        str(len(suite.findall("testcase/skipped"))),
    ]
    assert max(Counter((case.get("classname"), case.get("name")) for case in cases).values(), default=1) == 1
    return suite


def hostile(many: int = 30) -> Outcome:
    ways = list(Came)
    findings = tuple(
        Finding(What.LOSS, ways[n % 3], nasty(n), nasty(n + 1), nasty(n + 2), {nasty(n): nasty(n), "p": float("nan")})
        for n in range(many)
    )
    return Outcome(nasty(1), nasty(2), 0.05, findings, (nasty(3),), (nasty(4),))


def unescaped(text: str) -> str:
    """What a runner makes of the data of a workflow command."""
    for sign, escaped in {":": "%3A", ",": "%2C", "\r": "%0D", "\n": "%0A", "%": "%25"}.items():
        text = text.replace(escaped, sign)
    return text


def test_a_failure_its_numbers_and_what_was_skipped_are_in_the_junit_file() -> None:
    suite = parsed(OUTCOME)
    worse, same, untold = suite.findall("testcase")
    assert (worse.get("classname"), worse.get("name")) == ("hpobench.loss", "gp on synthetic/branin")
    assert worse.find("failure").get("message") == WORSE.message
    assert worse.find("system-out").text == "p = 0.0004\nn = 15"
    assert same.find("failure") is same.find("skipped") is None
    assert same.find("system-out").text == SAME.message
    assert untold.find("skipped").get("message") == UNTOLD.message
    assert untold.get("name") == "everything"
    assert suite.find("system-out").text == "one-sided, Holm\n2 cores"
    assert {p.get("name"): p.get("value") for p in suite.iter("property")}["alpha"] == "0.05"


def test_the_same_thing_looked_at_twice_is_two_cases() -> None:
    cases = parsed(replace(OUTCOME, findings=(WORSE, WORSE, WORSE))).findall("testcase")
    assert [case.get("name") for case in cases] == [f"gp on synthetic/branin{end}" for end in ("", " (2)", " (3)")]


def test_the_summary_says_the_verdict_first_and_all_else_below() -> None:
    text = summary(OUTCOME)
    assert text.startswith("## hpobench check ❌ failed: 1 failed, 1 passed, 1 skipped\n")
    assert "| loss | synthetic/branin | gp | worse by 7.1%, p = 0.0004 of 15 pairs |" in text
    assert text.index("### failed (1)") < text.index("skipped (1)") < text.index("passed (1)")
    assert "- one-sided, Holm" in text
    assert "- 2 cores" in text


def test_a_check_that_passed_says_so_and_annotates_nothing() -> None:
    passed = replace(OUTCOME, findings=(SAME,))
    assert summary(passed).startswith("## hpobench check ✅ passed: 1 passed\n")
    assert annotations(passed) == ""
    assert json.loads(badge(passed))["message"] == "no regression"


def test_nothing_looked_at_is_no_success_to_show() -> None:
    assert parsed(NOTHING).findall("testcase") == []
    assert "nothing was looked at" in summary(NOTHING)
    assert annotations(NOTHING) == ""
    assert json.loads(badge(NOTHING)) == {
        "schemaVersion": 1, "label": "hpobench", "message": "nothing told", "color": "lightgrey",
    }  # fmt: skip


def test_annotations_name_what_failed_and_count_what_was_skipped() -> None:
    assert annotations(OUTCOME).splitlines() == [
        "::error title=loss%3A gp on synthetic/branin::worse by 7.1%25, p = 0.0004 of 15 pairs",
        "::notice title=hpobench check::skipped: time, everything: was not asked for (--time)",
    ]


@pytest.mark.parametrize("many", [MOST, MOST + 1, 5000])
def test_what_github_would_drop_is_counted(many: int) -> None:
    lines = annotations(replace(OUTCOME, findings=(WORSE,) * many)).splitlines()
    assert len(lines) == MOST
    more = re.search(r"::(\d+) more findings failed", lines[-1])
    assert (int(more[1]) if more else 0) == (0 if many == MOST else many - MOST + 1)


@pytest.mark.parametrize("findings", [(WORSE,), (SAME,), (UNTOLD,), (WORSE,) * 12_345])
def test_badges_are_pictures_whose_words_have_room(findings: tuple[Finding, ...]) -> None:
    outcome = replace(OUTCOME, findings=findings)
    picture = Xml.fromstring(badge_svg(outcome))
    message = json.loads(badge(outcome))["message"]
    assert picture.get("aria-label") == f"hpobench: {message}"
    label, said = picture.iter("{http://www.w3.org/2000/svg}text")
    assert said.text == message
    assert int(picture.get("width")) == int(label.get("textLength")) + int(said.get("textLength")) + 20


@pytest.mark.parametrize("make", [form.text for forms in REPORTS.values() for form in forms.values()])
def test_no_name_does_anything(make: Callable[[Outcome], str]) -> None:
    text = make(hostile())
    assert complaints(text) == []
    assert make(hostile()) == text


def test_hostile_names_are_all_in_the_junit_file_and_do_no_harm() -> None:
    assert len(parsed(hostile()).findall("testcase")) == 30


@given(st.text(), st.text())
def test_an_annotation_is_one_command_that_says_what_it_was_given(problem: str, message: str) -> None:
    (line,) = annotations(Outcome("a", "b", 0.05, (Finding(What.LOSS, Came.FAILED, message, problem),))).splitlines()
    title, said = re.fullmatch(r"::error title=([^:,]*)::([^\r\n]*)", line).groups()
    if message.isprintable():
        assert unescaped(said) == message
    if problem.isprintable():
        assert unescaped(title) == f"loss: all optimizers on {problem or 'all problems'}"


@given(st.lists(st.tuples(st.text(), st.text(), st.sampled_from(Came)), max_size=5))
def test_any_text_makes_xml_that_is_read_back(texts: list[tuple[str, str, Came]]) -> None:
    findings = tuple(Finding(What.FAILURES, came, message, None, label) for label, message, came in texts)
    parsed(Outcome("a", "b", 0.05, findings))


def test_rows_of_the_summary_stay_rows() -> None:
    rows = [line for line in summary(hostile()).splitlines() if line.startswith("| loss")]
    assert len(rows) == 30
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}


def test_a_summary_of_very_many_findings_is_one_that_github_takes() -> None:
    long = replace(WORSE, message="<" * 5000, label="_" * 5000)
    findings = tuple(replace(long, came=came) for came in Came for _ in range(2000))
    outcome = replace(OUTCOME, findings=findings, rule=("*" * 3000,) * 1000, notes=("|" * 3000,) * 1000)
    text = summary(outcome)
    assert len(text.encode()) < 1024 * 1024
    assert text.count("more, in the JUnit file") == 5
    assert sum(int(n) for n in re.findall(r"… and (\d+) more", text)) + text.count("| loss") + text.count("\n- ") == (
        8000 + 2  # both say of the lists of lines how many more there are in a line of its own
    )


@pytest.mark.parametrize(
    ("kind", "name"), [("junit", "a/b/j.xml"), ("summary", "s.md"), ("badge", "b.json"), ("badge", "B.SVG")]
)
def test_files_are_replaced_by_newer_ones_of_their_kind_alone(tmp_path: Path, kind: str, name: str) -> None:
    path = tmp_path / name
    write(kind, OUTCOME, path)
    write(kind, NOTHING, path)
    assert path.read_text(encoding="utf-8") == report(kind, path).text(NOTHING)
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(HpobenchError, match=r"is no .* of a check"):
        write(kind, OUTCOME, path)
    assert path.read_text(encoding="utf-8") == "mine"
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_summary_of_a_step_is_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "step"
    path.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv(STEP_SUMMARY, str(path))
    write("summary", OUTCOME, path)
    write("summary", NOTHING, path)
    assert path.read_text(encoding="utf-8") == f"before\n{summary(OUTCOME)}{summary(NOTHING)}"
    with pytest.raises(HpobenchError, match="is there"):
        write("junit", OUTCOME, path)


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("badge", "b.png", r"a badge ends in \.json or \.svg; .* does not"),
        ("picture", "b.png", "unknown report 'picture'"),
        ("junit", ".", "Is a directory"),
        ("junit", "file/j.xml", "cannot write"),
        ("junit", "x" * 300, "has 300 bytes"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path: Path, kind: str, name: str, says: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(HpobenchError, match=says):
        write(kind, OUTCOME, tmp_path / name)


def test_a_pipe_gets_the_text(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write("badge", OUTCOME, pipe.rename(tmp_path / "pipe.json"))
    assert os.read(reader, 10_000).decode() == badge(OUTCOME)
    os.close(reader)

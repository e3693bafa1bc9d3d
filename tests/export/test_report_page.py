"""The report's file: one, closed, the same each time, small, and of nothing that somebody else wrote but as text."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from factories import store
from hostile import EVIL, hostile_store
from hpobench_tui.core.columns import names
from hpobench_tui.core.records import Progress
from hpobench_tui.export.bundle import ALL, export
from hpobench_tui.export.formats import FORMATS
from hpobench_tui.export.report import page as pages
from hpobench_tui.export.report.page import embedded, page
from hpobench_tui.store.reader import Reader
from report_material import some_runs

MOST = 3_000_000
"""Bytes of a report of 20 optimizers on 20 problems with 30 seeds."""


def report(reader: Reader, folder: Path) -> str:
    made, skipped = export(reader, folder, ["html"])
    assert (len(made), skipped) == (1, [])
    return made[0].read_text(encoding="utf-8")


class Elements(HTMLParser):
    """What is in a page: tags with their attributes, and what stands in scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in ("script", "style") and data.strip():
            self.inside.append((self.tags[-1][0], data))


def test_nothing_is_let_in_but_its_own_style_and_script(tmp_path: Path) -> None:
    with store(tmp_path, *some_runs(("a", "b"), ("toy/one",), 3)) as reader:
        text = report(reader, tmp_path / "out")
    found = Elements(text)
    (policy,) = (own["content"] for _, own in found.tags if own.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in (policy or "").split(";"))
    style, data, script = (inside for _, inside in found.inside)
    assert rules.pop("default-src") == "'none'"
    assert rules == {
        "style-src": f"'{digest(style)}'", "script-src": f"'{digest(script)}'", "base-uri": "'none'",
        "form-action": "'none'",
    }  # fmt: skip
    assert not {name for _, own in found.tags for name in own} & {"src", "href", "srcset", "style", "onload"}
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", style + script)
    assert not re.search(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|fetch|import)\b", script)
    assert json.loads(data)["title"] == "test: simple regret"


def digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def test_texts_of_others_end_no_element() -> None:
    hostile = "</script><script>alert(1)</script><!-- <![CDATA[ \u2028\u2029 ]]>" + EVIL
    text = page(f"</title>{hostile}", {hostile: hostile})
    found = Elements(text)
    assert [tag for tag, _ in found.tags].count("script") == 2
    assert "</title><" not in text
    assert json.loads(found.inside[1][1]) == {hostile: hostile.encode("utf-8", "replace").decode()}
    assert not re.search("[<>&\u2028\u2029]", embedded({hostile: hostile}))


@pytest.mark.parametrize("hostile", [False, True])
def test_the_same_bytes_each_time(tmp_path: Path, hostile: bool) -> None:
    if hostile:
        hostile_store(tmp_path)
    else:
        store(tmp_path, *some_runs(("a", "b"), ("toy/one", "toy/two"), 3)).close()
    with Reader(tmp_path) as reader:
        first, second = report(reader, tmp_path / "one"), report(reader, tmp_path / "two")
    assert first == second
    assert str(tmp_path) not in first


def test_it_is_made_where_it_is_asked_for(tmp_path: Path) -> None:
    assert "html" in FORMATS
    assert "html" not in ALL


def test_every_asset_is_there_and_every_section_has_its_script() -> None:
    folder = Path(pages.__file__).parent / "assets"
    assert sorted(path.name for path in folder.iterdir()) == sorted([*pages.STYLES, *pages.SCRIPTS])
    lines = sum(len((folder / name).read_text().splitlines()) for name in pages.SCRIPTS)
    assert lines < 900


@pytest.mark.long
def test_twenty_optimizers_on_twenty_problems_with_thirty_seeds_are_small(tmp_path: Path) -> None:
    labels, problems = [f"optimizer {n}" for n in range(20)], [f"suite/problem-{n}" for n in range(20)]
    runs, _ = some_runs(labels, problems, 30, length=0)
    rows = []
    for run in runs:
        run |= {"budget": 1000, "spent": 1000, "trials": 1000}
        value = 1.0 + run["id"] % 97 / 97
        # thirty seeds whose incumbents change at other places make medians of hundreds of steps
        for number in sorted({0, 999, *(hash((run["id"], n)) % 1000 for n in range(25))}):
            value *= 0.7
            n = number + 1
            cells = (run["id"], number, n, n, float(n), number, value, n, value, value)
            rows.append(dict(zip(names(Progress), cells, strict=True)))
    with store(tmp_path, runs, [], rows) as reader:
        size = len(report(reader, tmp_path / "out").encode())
    assert 300_000 < size < MOST

"""The README where it is read: on a package index, which has none of its files."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("hatchling")

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TARGETS = re.compile(r"\]\(([^)]+)\)")


@pytest.fixture
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_link_is_to_a_file_of_the_repository() -> None:
    targets = TARGETS.findall(README)
    assert "docs/figures/app.svg" in targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_an_index_shows_no_dead_link(hook: ModuleType) -> None:
    made: dict[str, object] = {}
    hook.Readme(str(ROOT), {}).update(made)
    text = made["readme"]["text"]  # type: ignore[index]
    assert TARGETS.findall(text) == []
    assert "`docs/architecture.md`" in text
    assert text.count("```") == README.count("```")


def test_links_lead_to_the_repository_where_it_is_known(hook: ModuleType) -> None:
    made: dict[str, object] = {"urls": {"Repository": "https://example.org/us/it/"}}
    hook.Readme(str(ROOT), {}).update(made)
    targets = TARGETS.findall(made["readme"]["text"])  # type: ignore[index]
    assert len(targets) == len(TARGETS.findall(README))
    assert "https://example.org/us/it/raw/HEAD/docs/figures/app.svg" in targets
    assert "https://example.org/us/it/blob/HEAD/docs/architecture.md" in targets

"""What doctor and manifest list: every library that the program, its suites and adapters, and plug-ins use."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from hpobench_tui import plugins
from hpobench_tui.engine.front import libraries
from hpobench_tui.engine.front.manifest import ABSENT, manifest

CORE = ("ConfigSpace", "matplotlib", "numpy", "pydantic", "rich", "scipy", "textual", "typer")
EXTRA = ("cmaes", "hpbandster", "ioh", "optuna", "polars", "scikit-learn", "scikit-optimize", "torch")
BELOW = ("Pyro4", "serpent", "joblib")


def test_every_library_is_listed_with_its_version() -> None:
    direct, below = libraries.versions()
    assert {name.lower() for name in (*CORE, *EXTRA)} <= {name.lower() for name in direct}
    facts = manifest()
    for name in CORE:
        assert direct[name] == facts[name] == version(name)
    if direct.get("hpbandster"):
        assert set(BELOW) <= set(below)
        assert facts["serpent"] == version("serpent")
    tools = {"pytest", "hypothesis", "ruff", "mypy", "dehb", "hyperopt"}
    assert not tools & {*direct, *below}, "what tests and benchmarks need is nobody's result"
    assert "hpobench-tui" not in {*direct, *below}


def test_every_module_that_something_requires_is_covered() -> None:
    """However a suite or an adapter is added: what it requires is a library that is listed."""
    direct, _ = libraries.versions()
    extras, strays = libraries._asked()
    assert not strays, "each extra that ours name is in the metadata"
    for registry in (plugins.problems(), plugins.optimizers(), plugins.commands()):
        for info in registry:
            assert set(info.requires.values()) <= extras["hpobench-tui"]
    assert direct


@pytest.fixture
def plugin(install_plugins: Callable[..., Path]) -> Path:
    """A plug-in that needs a library, an extra for one of its problems, and a module that it says nothing else of."""
    site = install_plugins()
    info = site / "hpobench_needy-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: hpobench-needy\nVersion: 1\nProvides-Extra: fast\n"
        "Requires-Dist: no-such-library >=2\nRequires-Dist: hypothesis; extra == 'fast'\n"
        "Requires-Dist: never-listed; extra == 'docs'\nRequires-Dist: other-platform; sys_platform == 'nowhere'\n"
        "Requires-Dist: ??? not a requirement\n"
    )
    (info / "entry_points.txt").write_text("[hpobench.problems]\nneedy = hpobench_needy:PROBLEMS\n")
    (site / "hpobench_needy.py").write_text(
        "from hpobench_tui.core import Dimensions, ProblemInfo, Reference\n"
        "def problem(name, requires):\n"
        "    return ProblemInfo(id='needy/' + name, summary=name, load='hpobench_needy:Problem',\n"
        "        dimensions=Dimensions(floats=1), reference=Reference(0.0, 'x'), requires=requires)\n"
        "PROBLEMS = (problem('a', {'hypothesis': 'fast'}), problem('b', {'no_such_module': 'x', 'yaml': 'x'}))\n"
    )
    plugins.problems.cache_clear()
    libraries._package.cache_clear()
    return site


@pytest.mark.usefixtures("plugin")
def test_a_plugins_libraries_are_listed_the_missing_ones_as_missing() -> None:
    assert not plugins.problems().broken
    direct, below = libraries.versions()
    assert direct["no-such-library"] is None
    assert direct["hypothesis"] == version("hypothesis")
    assert direct["no_such_module"] is None
    assert direct["PyYAML"] == version("PyYAML")
    assert not {"never-listed", "other-platform", "hpobench-needy"} & {*direct, *below}
    assert manifest()["no-such-library"] == ABSENT

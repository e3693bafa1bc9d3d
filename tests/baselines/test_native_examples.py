"""The examples in the docstrings of our optimizers and problems are true, and every optimizer has one."""

import doctest
from collections.abc import Iterator
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from types import ModuleType

import pytest

import hpobench_suites
from hpobench_baselines import native
from hpobench_tui import plugins
from hpobench_tui.core import OptimizerInfo

EXTRAS = {
    module.partition(".")[0]
    for registry in (plugins.problems(), plugins.optimizers(), plugins.commands())
    for info in registry
    for module in info.requires
}


def with_examples() -> Iterator[str]:
    for package in (native, hpobench_suites):
        root = Path(package.__path__[0])
        for file in sorted(root.rglob("*.py")):
            if ">>> " in file.read_text(encoding="utf-8"):
                parts = file.relative_to(root).with_suffix("").parts
                yield ".".join((package.__name__, *parts)).removesuffix(".__init__")


def imported(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in EXTRAS:
            raise
        pytest.skip(f"needs {error.name}")  # which the descriptions say that something of ours needs


@pytest.mark.parametrize("name", with_examples())
def test_examples_are_true(name: str) -> None:
    found = doctest.testmod(imported(name))
    assert found.attempted
    assert not found.failed


@pytest.mark.parametrize("info", native.OPTIMIZERS, ids=lambda info: info.name)
def test_every_optimizer_has_an_example(info: OptimizerInfo) -> None:
    module, _, name = info.load.partition(":")
    assert ">>> " in (getdoc(getattr(imported(module), name)) or "")

"""The examples in docstrings: all of them run, and each class of the vocabulary has one."""

import doctest
import inspect
from importlib import import_module
from pkgutil import walk_packages

import pytest

from hpobench_tui import analysis, core, gate

MODULES = [
    "hpobench_tui.engine.running.ledger",
    "hpobench_tui.serving.access",
    "hpobench_tui.serving.wire",
    *(found.name for each in (analysis, core, gate) for found in walk_packages(each.__path__, f"{each.__name__}.")),
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0, "what was printed says where"


def test_every_class_has_an_example() -> None:
    classes = [each for name in core.__all__ if inspect.isclass(each := getattr(core, name))]
    assert [each.__name__ for each in classes if ">>>" not in str(each.__doc__)] == []

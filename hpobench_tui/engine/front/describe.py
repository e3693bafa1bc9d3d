"""Looks into a person's own files, in a process of its own: ``python -m hpobench_tui.engine.front.describe``.

Whatever importing them does (raise, print, exit, crash, never end) costs that process alone. Standard input is JSON:
the folder, and a list of what is wanted (kind, stem, name, settings); the answer goes to the file that the argument
names: a list of descriptions, or of what is wrong, in one line each.
"""

import json
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from hpobench_tui import own_files, plugins
from hpobench_tui.core.describe import brief, describe
from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.own_code import optimizer_to_plain, problem_to_plain


def main() -> None:
    """Answer, and end at once: what the files started is not waited for."""
    request = json.load(sys.stdin)
    own_files.use(Path(request["folder"]))
    answers = [_answer(**wanted) for wanted in request["wanted"]]
    aside = Path(f"{sys.argv[1]}.new")
    aside.write_text(json.dumps(answers), encoding="utf-8")
    aside.rename(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _answer(kind: str, stem: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return _described(kind, stem, name, given)
    except HpobenchError as error:
        return {"wrong": str(error)}
    except BaseException as error:  # noqa: BLE001 - somebody else's code
        return {"wrong": describe(error)}


def _described(kind: str, stem: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    module = import_module(f"{own_files.PACKAGE}.{stem}")
    if not hasattr(module, name):
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        raise unknown(f"name in {stem}.py", name, own_files.definitions(source))
    found = getattr(module, name)
    if kind == "optimizer":
        optimizer = own_files.describe_optimizer(found, stem, name)
        if wrong := plugins.ill_typed(optimizer):
            raise HpobenchError(f"{wrong}.")
        return optimizer_to_plain(optimizer)
    problem = own_files.describe_problem(found, stem, name, {})
    if wrong := plugins.ill_typed(problem):
        raise HpobenchError(f"{wrong}.")
    problem = plugins.variant(problem, given)
    try:
        return problem_to_plain(problem)
    except (TypeError, ValueError) as error:
        raise HpobenchError(f"its description holds what a store does not: {brief(error)}.") from error


if __name__ == "__main__":
    main()

"""Beyond import-linter's layers: no circle of imports; SQL, and columns by their places, in the store alone."""

import ast
import re
import runpy
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("hpobench_tui", "suites/hpobench_suites", "baselines/hpobench_baselines")
SOURCES = {
    path.relative_to(ROOT): path.read_text(encoding="utf-8")
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}
SQL = re.compile(r"\s*(ALTER|ATTACH|BEGIN|CREATE|DELETE|DROP|INSERT|PRAGMA|REPLACE|SELECT|UPDATE|VACUUM|WITH)\s")
CALLS = ("execute", "executemany", "executescript", "fetchone", "fetchmany", "fetchall")
PLACE = re.compile(r"\w*row\[-?[1-9]\d*\]")


def offences(source: str) -> Iterator[str]:
    """What only the store may have: SQLite, statements, and the columns of a row by their places.

    The first cell of a row may be had anywhere: tables that are shown have headings.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names) if any(name.name.partition(".")[0] == "sqlite3" for name in names):
                yield f"line {node.lineno} imports sqlite3"
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] == "sqlite3":
                yield f"line {node.lineno} imports sqlite3"
            case ast.Constant(value=str(text)) if SQL.match(text):
                yield f"line {node.lineno} has SQL: {text[:40]}"
            case ast.Call(func=ast.Attribute(attr=name)) if name in CALLS:
                yield f"line {node.lineno} calls {ast.unparse(node.func)}"
            case ast.Subscript(slice=ast.Constant() | ast.UnaryOp()) if PLACE.fullmatch(ast.unparse(node)):
                yield f"line {node.lineno} has {ast.unparse(node)}"


def test_sql_and_places_in_rows_are_the_store_s_alone() -> None:
    outside = {path: source for path, source in SOURCES.items() if "store" not in path.parts}
    found = [f"{path} {offence}" for path, source in outside.items() for offence in offences(source)]
    assert not found, "\n".join(found)


def test_who_catches_everything_is_named() -> None:
    rule = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n5. ")[2].partition("\n6. ")[0]
    named = re.findall(r"`([\w/]+\.py)`", rule)
    for path, source in SOURCES.items():
        for node in ast.walk(ast.parse(source)) if "Exception" in source else ():
            caught = ast.unparse(node.type) if isinstance(node, ast.ExceptHandler) and node.type else ""
            if re.search(r"\b(Base)?Exception\b", caught) and ast.unparse(node.body[-1]) != "raise":
                assert any(map(path.match, named)), f"{path}, line {node.lineno}"


def test_the_files_that_pages_name_are_there() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")))
    named = {name for name in re.findall(r"`((?:\w+/)+\w+\.py)`", pages) if not (ROOT / name).exists()}
    assert [name for name in sorted(named) if not any(path.match(name) for path in SOURCES)] == []


@pytest.mark.parametrize(
    ("source", "offence"),
    [
        ("def f():\n    import sqlite3.dbapi2", "line 2 imports sqlite3"),
        ("from sqlite3 import Error", "line 1 imports sqlite3"),
        ("q = f'''\n  SELECT {columns} FROM trial'''", "line 1 has SQL"),
        ("PRAGMAS = ('PRAGMA synchronous = OFF',)", "line 1 has SQL"),
        ("self._store.execute(statement)", "line 1 calls self._store.execute"),
        ("loss = row[11]", "line 1 has row[11]"),
        ("error = run_row[-1]", "line 1 has run_row[-1]"),
    ],
)
def test_each_offence_is_found(source: str, offence: str) -> None:
    (found,) = offences(source)
    assert found.startswith(offence)


def test_what_is_allowed_is_no_offence() -> None:
    assert list(offences("'Select a run'; 'UPDATED'; rows[1]; row[0]; row['loss']; execute(plan)")) == []


def test_there_is_no_import_circle() -> None:
    packages = ("hpobench_tui", "hpobench_suites", "hpobench_baselines")
    graph = grimp.build_graph(*packages, exclude_type_checking_imports=True, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert "hpobench_tui.cli.app" in imports["hpobench_tui.cli"], "imports inside functions count"
    TopologicalSorter(imports).prepare()  # else CycleError, which names the circle


@pytest.mark.parametrize("made", ["architecture", "keys", "store", "tables"])
def test_what_is_made_from_the_code_is_current(made: str) -> None:
    script = runpy.run_path(str(ROOT / "docs" / "figures" / f"{made}.py"))
    assert script["FILE"].read_text(encoding="utf-8") == script["made"](), f"python docs/figures/{made}.py"

"""What code problems and optimizers are of: a hash that changes when what runs changes, versions, git."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from distributions import describe
from hpobench_tui import plugins
from hpobench_tui.core import Budget
from hpobench_tui.core.experiment import Contender, Experiment
from hpobench_tui.core.identity import Identity, from_cell, histories, key, number_of
from hpobench_tui.engine.front import identity, presets


def experiment(
    problems: tuple[str, ...] = ("synthetic/branin",), optimizers: tuple[str, ...] = ("random",)
) -> Experiment:
    budgets = dict.fromkeys(problems, Budget.of(5, "evaluations"))
    return Experiment("x", tuple(problems), tuple(Contender(name, name) for name in optimizers), budgets, 1, 0)


def test_every_problem_and_optimizer_of_an_experiment_is_in_its_manifest() -> None:
    first = presets.load("first")
    entries = identity.entries(first)
    subjects = {("problem", name) for name in first.problems} | {("optimizer", c.optimizer) for c in first.contenders}
    assert {key(subject) for subject in subjects} | {identity.PROGRAM} == set(entries)
    found = histories(entries)
    assert set(found) == subjects
    for by_number in found.values():
        assert list(by_number) == [1]
        assert (by_number[1].distribution, len(by_number[1].code)) == ("hpobench-tui", 32)
    assert found["problem", first.problems[0]][1].holder == "hpobench_suites"
    assert found["optimizer", "random"][1].holder == "hpobench_baselines"
    assert identity.changes(entries, first) == []


def test_our_own_packages_take_no_time() -> None:
    first = presets.load("first")
    identity._digest.cache_clear()
    started = time.process_time()
    identity.identities(first)
    assert time.process_time() - started < 0.2  # 0.02 on an idle machine


@pytest.mark.needs("optuna")
def test_the_libraries_that_an_adapter_says_it_needs_count() -> None:
    tpe = experiment(optimizers=("optuna-tpe", "random"))
    entries = identity.entries(tpe)
    was = histories(entries)["optimizer", "optuna-tpe"][1]
    assert list(was.libraries) == ["optuna"]
    assert not histories(entries)["optimizer", "random"][1].libraries
    entries["optimizer optuna-tpe"] = replace(was, libraries={"optuna": "1.0"}).to_cell()
    (change,) = identity.changes(entries, tpe)
    assert change.subject == ("optimizer", "optuna-tpe")
    assert "optuna 1.0; it is hpobench-tui" in str(change)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, with a package, and a module that imports one beside it."""
    own = tmp_path / "pack_of_code"
    (own / "inner").mkdir(parents=True)
    (own / "__init__.py").write_text("")
    (own / "inner" / "deep.py").write_text("x = 1")
    (own / "fast.so").write_bytes(b"machine code")
    (own / "data.csv").write_text("1,2")
    (tmp_path / "single_module.py").write_text("import beside_it, numpy, foreign_one")
    (tmp_path / "beside_it.py").write_text("y = 1")
    (tmp_path / "foreign_one.py").write_text("z = 1")
    describe(tmp_path, "foreign", "1", {})
    (tmp_path / "foreign-1.dist-info" / "top_level.txt").write_text("foreign_one")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("top", "file", "counts"),
    [
        ("pack_of_code", "pack_of_code/inner/deep.py", True),
        ("pack_of_code", "pack_of_code/__init__.py", True),
        ("pack_of_code", "pack_of_code/fast.so", True),
        ("pack_of_code", "pack_of_code/inner/new.py", True),
        ("pack_of_code", "pack_of_code/data.csv", False),
        ("pack_of_code", "beside_it.py", False),
        ("single_module", "single_module.py", True),
        ("single_module", "beside_it.py", True),
        ("single_module", "foreign_one.py", False),
    ],
)
def test_the_hash_changes_when_what_runs_changes(package: Path, top: str, file: str, counts: bool) -> None:
    before = identity._of_package(top)
    assert before.code
    assert identity._of_package(top) == before
    (package / file).write_text("import numpy\nx = 2")
    assert (identity._of_package(top).code != before.code) == counts


def test_a_file_that_moves_within_its_package_is_a_change(package: Path) -> None:
    before = identity._of_package("pack_of_code").code
    (package / "pack_of_code" / "inner" / "deep.py").rename(package / "pack_of_code" / "deep.py")
    assert identity._of_package("pack_of_code").code != before


def test_what_is_not_there_has_no_code_and_its_version_counts() -> None:
    assert identity._of_package("no_such_package_at_all").code == ""
    one = Identity("", "x", "x", "1")
    assert one.same(Identity("", "x", "x", "1"))
    assert not one.same(Identity("", "x", "x", "2"))


def test_git_says_the_revision_and_whether_it_is_dirty(package: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", "-C", str(package), *who, *arguments], check=True, capture_output=True)

    assert identity._of_package("pack_of_code").revision is None
    git("init")
    assert identity._of_package("pack_of_code").revision is None, "nothing of it is tracked"
    git("add", "pack_of_code")
    git("commit", "-m", "one")
    first = identity._of_package("pack_of_code")
    assert (len(first.revision or ""), first.dirty) == (12, False)
    (package / "pack_of_code" / "inner" / "deep.py").write_text("x = 3")
    second = identity._of_package("pack_of_code")
    assert (second.revision, second.dirty) == (first.revision, True)
    assert f"git {first.revision}, with changes" in str(second)
    (package / "pack_of_code" / "inner" / "deep.py").write_text("x = 1")
    assert identity._of_package("pack_of_code").same(first)


def test_a_variant_is_of_the_code_of_its_problem() -> None:
    found = identity.identities(experiment(("synthetic/ackley[d=3]",)))
    of = found["problem", "synthetic/ackley[d=3]"]
    assert (of.distribution, of.holder) == ("hpobench-tui", "hpobench_suites")


def test_plug_ins_have_their_own_distribution(install_plugins: Callable[..., Path]) -> None:
    site = install_plugins("tiny")
    tiny = experiment(("tiny/sphere", "synthetic/branin"), ("tiny-hill-climber",))
    entries = identity.entries(tiny)
    of = histories(entries)["optimizer", "tiny-hill-climber"][1]
    assert (of.distribution, of.holder) == ("hpobench-tiny", "hpobench_tiny")
    module = site / "hpobench_tiny.py"
    module.write_text(module.read_text() + "\n")
    changed = [change.subject for change in identity.changes(entries, tiny)]
    assert changed == [("problem", "tiny/sphere"), ("optimizer", "tiny-hill-climber")]


def test_what_a_manifest_says_is_read_or_left() -> None:
    one, two = Identity("a", "m", None, None, "r", True, {"l": "1"}), Identity("b", "m")
    assert from_cell(one.to_cell()) == one
    for odd in (
        "",
        "[]",
        "null",
        "{}",
        '{"libraries": 3, "dirty": 1}',
        "[" * 100_000,
        '{"libraries": {}, "dirty": 0, "x": 1}',
    ):
        assert from_cell(odd) is None
    manifest = {
        "optimizer a, code 10": two.to_cell(), "optimizer a": one.to_cell(), "problem x/y[d=1, code 2]": "odd",
        "optimizer b": two.to_cell(), "python": "3.11",
    }  # fmt: skip
    found = histories(manifest)
    assert found == {("optimizer", "a"): {1: one, 10: two}, ("optimizer", "b"): {1: two}}
    assert number_of(found, [("optimizer", "a"), ("problem", "x/y")]) == 10
    assert number_of(found, [("optimizer", "b")]) == 1


def test_other_names_of_a_problem_run_and_count_once() -> None:
    """A suite lists each problem once, and an experiment that names both has it once."""
    from hpobench_tui.engine.front import spec

    same = [info for info in plugins.problems().found.values() if info.same_as]
    assert "synthetic/counting-ones-8-8" in {info.id for info in same}
    for info in same:
        other = plugins.problems()[str(info.same_as)]
        found, notes = spec.chosen([info.id, other.id])
        assert [problem.id for problem in found] == [other.id]
        assert len(notes) == 2
        suite, _ = spec.chosen([info.suite, info.id])
        assert info.parameters or info.id not in {problem.id for problem in suite}
        assert [problem.id for problem in suite].count(other.id) <= 1
    assert len({info.id for info in plugins.problems()}) == len(list(plugins.problems()))

"""Every bandit problem keeps the contract, and listing the suite imports nothing heavy."""

import subprocess
import sys

from hpobench_suites.bandits import PROBLEMS
from hpobench_tui.plugins import problems
from hpobench_tui.testing.problems import ProblemConformance

INFOS = {info.id: info for info in PROBLEMS}


class TestBernoulli2(ProblemConformance):
    info = INFOS["bandits/bernoulli-2"]


class TestBernoulli10(ProblemConformance):
    info = INFOS["bandits/bernoulli-10"]


class TestBernoulli10Hard(ProblemConformance):
    info = INFOS["bandits/bernoulli-10-hard"]


class TestGaussian10(ProblemConformance):
    info = INFOS["bandits/gaussian-10"]


class TestCurves(ProblemConformance):
    info = INFOS["bandits/curves"]
    configurations = 1000


def test_every_problem_has_its_conformance_test():
    tested = {case.info.id for case in ProblemConformance.__subclasses__() if case.__module__ == __name__}
    assert tested >= set(INFOS)


def test_every_problem_is_registered():
    assert set(INFOS) <= set(problems().found)


def test_listing_imports_nothing_heavy():
    program = "import sys, hpobench_suites.bandits; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"numpy", "scipy", "torch", "ConfigSpace", "statistics"}
    assert not heavy & set(done.stdout.split())

"""Every shipped problem keeps the contract, and listing the suites imports nothing heavy.

The bandits have a module of their own, test_bandits_conform.py.
"""

import subprocess
import sys

import pytest

from hpobench_suites import mnist_cnn, synthetic
from hpobench_tui.plugins import problems
from hpobench_tui.testing.problems import ProblemConformance

PROBLEMS = {info.id: info for suite in (mnist_cnn, synthetic) for info in suite.PROBLEMS}


class TestBranin(ProblemConformance):
    info = PROBLEMS["synthetic/branin"]
    configurations = 1000


class TestHartmann6(ProblemConformance):
    info = PROBLEMS["synthetic/hartmann6"]
    configurations = 1000


class TestCountingOnes(ProblemConformance):
    info = PROBLEMS["synthetic/counting-ones-8-8"]


class TestMnistLecture2k(ProblemConformance):
    info = PROBLEMS["mnist_cnn/lecture-2k"]
    configurations = 2
    max_fidelity_checked = 2


@pytest.mark.slow
@pytest.mark.timeout(1200)
class TestMnistLecture(ProblemConformance):
    info = PROBLEMS["mnist_cnn/lecture"]
    configurations = 1
    max_fidelity_checked = 2


def test_every_problem_has_its_conformance_test():
    tested = {case.info.id for case in ProblemConformance.__subclasses__() if case.__module__ == __name__}
    assert tested == set(PROBLEMS)


def test_every_problem_is_registered():
    assert set(PROBLEMS) <= set(problems().found)


@pytest.mark.parametrize("suite", ["synthetic", "mnist_cnn"])
def test_listing_imports_nothing_heavy(suite):
    program = f"import sys, hpobench_suites.{suite}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"numpy", "scipy", "torch", "ConfigSpace", "statistics"}
    assert not heavy & set(done.stdout.split())

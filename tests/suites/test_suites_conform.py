"""Every shipped problem keeps the contract, and listing the suites imports nothing heavy.

The bandits have a module of their own, test_bandits_conform.py.
"""

import pytest

from hpobench_suites import bbob, mnist_cnn, synthetic
from hpobench_tui.core import ProblemInfo
from hpobench_tui.plugins import problems
from hpobench_tui.testing.problems import ProblemConformance
from program import imported

PROBLEMS = {info.id: info for suite in (bbob, mnist_cnn, synthetic) for info in suite.PROBLEMS}
VARIANTS = (
    "synthetic/ackley[d=1]",
    "synthetic/rosenbrock[d=100]",
    "synthetic/branin[noise=0.5]",
    "synthetic/hartmann6[noise=0.1]",
    "synthetic/counting-ones[categorical=0,continuous=3]",
    "bbob/f24-lunacek-bi-rastrigin[d=40,instance=7]",
    "bbob/f01-sphere[d=2,noise=1.0]",
)
SMALL = (
    "mnist_cnn/full[images=200,validation=100]",
    "mnist_cnn/lecture[images=150,validation=100,loss=cross_entropy,fidelity=images]",
)


def conformance(of: ProblemInfo, draws: int) -> type[ProblemConformance]:
    """A conformance test with so many configurations, in this module under a name of its own."""
    name = "Test" + "".join(part.capitalize() for part in of.id.replace("/", "-").replace("_", "-").split("-"))
    return type(name, (ProblemConformance,), {"info": of, "configurations": draws, "__module__": __name__})


for suite, draws in ((synthetic, 100), (bbob, 20)):
    for info in suite.PROBLEMS:
        made = conformance(info, 10 if "counting-ones" in info.id else draws)
        globals()[made.__name__] = made
for variant in VARIANTS:
    made = conformance(problems()[variant], 10)
    globals()[made.__name__] = made
del made
for variant in SMALL:
    made = conformance(problems()[variant], 2)
    made.max_fidelity_checked = 2 if made.info.fidelity.resumable else made.info.fidelity.minimum
    globals()[made.__name__] = made
del made


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


@pytest.mark.slow
@pytest.mark.timeout(1200)
class TestMnistFull(ProblemConformance):
    info = PROBLEMS["mnist_cnn/full"]
    configurations = 1
    max_fidelity_checked = 2


def test_every_problem_has_its_conformance_test():
    tested = {case.info.id for name, case in globals().items() if name.startswith("Test")}
    assert tested == set(PROBLEMS) | set(VARIANTS) | {problems()[name].id for name in SMALL}


def test_every_problem_is_registered():
    assert set(PROBLEMS) <= set(problems().found)


@pytest.mark.parametrize("suite", ["bandits", "bbob", "synthetic", "mnist_cnn", "quintic", "tables", "tabular"])
def test_listing_imports_nothing_heavy(suite):
    heavy = {"numpy", "scipy", "torch", "ConfigSpace", "statistics", "ioh"}
    assert not heavy & imported(f"import hpobench_suites.{suite}")

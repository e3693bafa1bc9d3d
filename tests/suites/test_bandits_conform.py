"""Every bandit problem keeps the contract, and listing the suite imports nothing heavy."""

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


class TestBernoulli(ProblemConformance):
    info = INFOS["bandits/bernoulli"]


class TestGaussian10(ProblemConformance):
    info = INFOS["bandits/gaussian-10"]


class TestGaussian(ProblemConformance):
    info = INFOS["bandits/gaussian"]


class TestStudent(ProblemConformance):
    info = INFOS["bandits/student"]


class TestCorrelated(ProblemConformance):
    info = INFOS["bandits/correlated"]


class TestAbrupt(ProblemConformance):
    info = INFOS["bandits/abrupt"]


class TestDrifting(ProblemConformance):
    info = INFOS["bandits/drifting"]


class TestAdversarial(ProblemConformance):
    info = INFOS["bandits/adversarial"]


class TestBestArm(ProblemConformance):
    info = INFOS["bandits/best-arm"]


class TestReservoir(ProblemConformance):
    info = INFOS["bandits/reservoir"]
    configurations = 1000


class TestCurves(ProblemConformance):
    info = INFOS["bandits/curves"]
    configurations = 1000


class TestEnvelope(ProblemConformance):
    info = INFOS["bandits/envelope"]


class TestBernoulliVariant(ProblemConformance):
    info = problems()["bandits/bernoulli[k=2,gap=0.5]"]


class TestGaussianVariant(ProblemConformance):
    info = problems()["bandits/gaussian[k=3,sd=0.1]"]


class TestStudentVariant(ProblemConformance):
    info = problems()["bandits/student[df=1.1]"]


class TestCorrelatedVariant(ProblemConformance):
    info = problems()["bandits/correlated[k=100,length=0.01,instance=5]"]


class TestAbruptVariant(ProblemConformance):
    info = problems()["bandits/abrupt[k=2,period=10]"]


class TestDriftingVariant(ProblemConformance):
    info = problems()["bandits/drifting[k=2,period=10]"]


class TestSwapping(ProblemConformance):
    info = problems()["bandits/adversarial[kind=swapping,k=2]"]


class TestCyclic(ProblemConformance):
    info = problems()["bandits/adversarial[kind=cyclic,gap=0.9]"]


class TestBestArmVariant(ProblemConformance):
    info = problems()["bandits/best-arm[setup=7]"]


class TestReservoirVariant(ProblemConformance):
    info = problems()["bandits/reservoir[a=2.0,b=0.5]"]


class TestEnvelopeVariant(ProblemConformance):
    info = problems()["bandits/envelope[k=1000,units=1000,gamma=100.0]"]


def test_every_problem_has_its_conformance_test():
    tested = {case.info.id for case in ProblemConformance.__subclasses__() if case.__module__ == __name__}
    assert tested >= set(INFOS)


def test_every_problem_is_registered():
    assert set(INFOS) <= set(problems().found)

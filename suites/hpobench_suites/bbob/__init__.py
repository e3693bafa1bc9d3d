"""The 24 noiseless functions of BBOB (Hansen, Finck, Ros & Auger, INRIA research report RR-6829, 2009), as COCO runs
them. They are evaluated by the package ``ioh``, which only workers import.
"""

from dataclasses import dataclass

from hpobench_tui.core import Dimensions, Parameter, ProblemInfo, Reference

PARAMETERS = (
    Parameter("d", 5, "Number of dimensions; COCO takes 2, 3, 5, 10, 20 and 40.", minimum=2, maximum=40),
    Parameter("instance", 1, "Which rotation, shift and offset; COCO takes 1 to 15.", minimum=1, maximum=100_000),
    Parameter("noise", 0.0, "Standard deviation of Gaussian noise on the loss.", minimum=0.0, maximum=1e6),
)
TOLERANCE = 1e-8
"""COCO's last target: f_opt + 1e-8 counts as solved (Hansen et al., arXiv 1603.08785)."""
SEPARABLE, MODERATE, ILL_CONDITIONED = "separable", "moderate", "ill-conditioned"
MULTIMODAL, WEAK = "multimodal", "weak-structure"


@dataclass(frozen=True)
class Function:
    """One of the functions; calling it with the parameters gives the description of that variant.

    >>> f15(d=3, instance=2).id, f15(d=3, instance=2).arguments["instance"]
    ('bbob/f15-rastrigin-rotated', 2)
    """

    number: int
    name: str
    group: str

    def __call__(self, d: int = 5, instance: int = 1, noise: float = 0.0) -> ProblemInfo:
        """The description; ``noise`` is a standard deviation."""
        return ProblemInfo(
            id=f"bbob/f{self.number:02}-{self.name}",
            summary=f"BBOB {self.number}, {self.name.replace('-', ' ')}: f - f_opt, {d}-D, instance {instance}",
            load="hpobench_suites.bbob.problem:problem",
            dimensions=Dimensions(floats=d),
            reference=Reference(0.0, "f_opt of the instance, subtracted"),
            noisy=noise > 0.0,
            seconds=1e-6 + 1.5e-7 * d + (2e-6 if noise else 0.0),
            requires={"ioh": "bbob"},
            tags=("bbob", self.group),
            tolerance=TOLERANCE,
            costs=True,
            parameters=PARAMETERS,
            vary=f"hpobench_suites.bbob:f{self.number:02}",
            arguments={"function": self.number, "d": d, "instance": instance, "noise": noise},
        )


f01 = Function(1, "sphere", SEPARABLE)
f02 = Function(2, "ellipsoid", SEPARABLE)
f03 = Function(3, "rastrigin", SEPARABLE)
f04 = Function(4, "buche-rastrigin", SEPARABLE)
f05 = Function(5, "linear-slope", SEPARABLE)
f06 = Function(6, "attractive-sector", MODERATE)
f07 = Function(7, "step-ellipsoid", MODERATE)
f08 = Function(8, "rosenbrock", MODERATE)
f09 = Function(9, "rosenbrock-rotated", MODERATE)
f10 = Function(10, "ellipsoid-rotated", ILL_CONDITIONED)
f11 = Function(11, "discus", ILL_CONDITIONED)
f12 = Function(12, "bent-cigar", ILL_CONDITIONED)
f13 = Function(13, "sharp-ridge", ILL_CONDITIONED)
f14 = Function(14, "different-powers", ILL_CONDITIONED)
f15 = Function(15, "rastrigin-rotated", MULTIMODAL)
f16 = Function(16, "weierstrass", MULTIMODAL)
f17 = Function(17, "schaffers-f7", MULTIMODAL)
f18 = Function(18, "schaffers-f7-ill-conditioned", MULTIMODAL)
f19 = Function(19, "griewank-rosenbrock", MULTIMODAL)
f20 = Function(20, "schwefel", WEAK)
f21 = Function(21, "gallagher-101", WEAK)
f22 = Function(22, "gallagher-21", WEAK)
f23 = Function(23, "katsuura", WEAK)
f24 = Function(24, "lunacek-bi-rastrigin", WEAK)

FUNCTIONS = (
    f01, f02, f03, f04, f05, f06, f07, f08, f09, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
    f24,
)  # fmt: skip
PROBLEMS: tuple[ProblemInfo, ...] = tuple(function() for function in FUNCTIONS)

"""Synthetic functions with known optima."""

from math import pi

from hpobench_tui.core import Dimensions, Fidelity, ProblemInfo, Reference

PROBLEMS: tuple[ProblemInfo, ...] = (
    ProblemInfo(
        id="synthetic/branin",
        summary="Branin's function: smooth, three equal minima",
        load="hpobench_suites.synthetic.branin:problem",
        dimensions=Dimensions(floats=2),
        reference=Reference(10 / (8 * pi), "closed form, 10 / (8 pi)"),
        seconds=1.6e-6,
        tags=("closed-form", "smooth"),
    ),
    ProblemInfo(
        id="synthetic/hartmann6",
        summary="Hartmann's function in six dimensions: smooth, six local minima",
        load="hpobench_suites.synthetic.hartmann6:problem",
        dimensions=Dimensions(floats=6),
        reference=Reference(-3.3223680114155147, "the known minimiser, polished by Newton's method"),
        seconds=6e-6,
        tags=("closed-form", "smooth"),
    ),
    ProblemInfo(
        id="synthetic/counting-ones-8-8",
        summary="BOHB's counting ones: 8 categorical + 8 continuous, noise falls with the samples",
        load="hpobench_suites.synthetic.counting_ones:counting_ones_8_8",
        dimensions=Dimensions(floats=8, categoricals=8),
        reference=Reference(-16.0, "all ones: minus the number of hyperparameters"),
        fidelity=Fidelity("samples", 9, 729, step=9),
        reward="loss = -(number of ones)",
        noisy=True,
        seconds=3e-5,
        tags=("closed-form", "mixed", "multi-fidelity"),
    ),
)

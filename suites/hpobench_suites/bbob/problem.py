"""BBOB functions through ``ioh`` (de Nobel et al., *IOHexperimenter*, Evolutionary Computation 2024).

The loss is f(x) - f_opt on [-5, 5]^d: what COCO calls the precision. f_opt is added last by BBOB, and rounding keeps
the order, so no loss is below 0 by the subtraction.

An ``ioh`` problem counts its evaluations and remembers the best one. Neither has a part in a value, no logger is
attached, and one object serves all trainings of a problem object.
"""

from ioh import ProblemClass, get_problem

from hpobench_suites.closed_form import ClosedForm, Function, Point, axes

EDGE = 5.0


def problem(function: int, d: int, instance: int, noise: float) -> ClosedForm:
    """BBOB's ``function`` (1 to 24) in ``d`` dimensions."""
    made = get_problem(function, instance, d, ProblemClass.BBOB)
    evaluate: Function = made
    offset = float(made.optimum.y)

    def precision(point: Point) -> float:
        return evaluate(point) - offset

    return ClosedForm(precision, axes(d, -EDGE, EDGE), ([float(x) for x in made.optimum.x],), noise)

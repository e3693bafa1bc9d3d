"""Functions with known optima: closed forms of floats, multi-fidelity ones, counting ones, mixed and conditional."""

from dataclasses import replace

from hpobench_suites.synthetic import (
    ackley,
    borehole_mf,
    branin,
    branin_mf,
    conditional,
    currin_mf,
    forbidden,
    forrester,
    forrester_mf,
    griewank,
    hartmann3,
    hartmann6,
    hartmann_mf,
    levy,
    mixed,
    rastrigin,
    rosenbrock,
    six_hump_camel,
    styblinski_tang,
)
from hpobench_suites.synthetic.description import TOLERANCE
from hpobench_tui.core import Dimensions, Fidelity, Parameter, ProblemInfo, Reference
from hpobench_tui.core.targets import spaced


def counting_ones_info(categorical: int = 8, continuous: int = 8) -> ProblemInfo:
    """``synthetic/counting-ones``. It is not in the module with the code, which needs NumPy."""
    return ProblemInfo(
        id="synthetic/counting-ones",
        summary=f"BOHB's counting ones: {categorical} categorical + {continuous} continuous, noise falls with samples",
        load="hpobench_suites.synthetic.counting_ones:CountingOnes",
        dimensions=Dimensions(floats=continuous, categoricals=categorical),
        reference=Reference(-float(categorical + continuous), "all ones: minus the number of hyperparameters"),
        fidelity=Fidelity("samples", 9, 729, step=9),
        reward="loss = -(number of ones)",
        noisy=True,
        tolerance=TOLERANCE,
        seconds=1e-5 + 2.5e-6 * continuous,
        tags=("closed-form", "mixed", "multi-fidelity"),
        costs=True,
        parameters=(
            Parameter("categorical", 8, "Number of binary categoricals.", minimum=0, maximum=1000),
            Parameter("continuous", 8, "Number of floats, each seen through draws.", minimum=1, maximum=1000),
        ),
        vary="hpobench_suites.synthetic:counting_ones_info",
        arguments={"categorical": categorical, "continuous": continuous},
        targets=spaced((categorical + continuous) / 2, 1 / 729),  # from a random draw's down to one draw of the noise
    )


COUNTING_ONES_8_8 = replace(
    counting_ones_info(),
    id="synthetic/counting-ones-8-8",
    parameters=(),
    vary=None,
    same_as="synthetic/counting-ones",
)
"""The name that it had before it had parameters."""

PROBLEMS: tuple[ProblemInfo, ...] = (
    branin.info(),
    hartmann3.info(),
    hartmann6.info(),
    six_hump_camel.info(),
    forrester.info(),
    ackley.info(),
    rosenbrock.info(),
    rastrigin.info(),
    levy.info(),
    griewank.info(),
    styblinski_tang.info(),
    branin_mf.INFO,
    currin_mf.INFO,
    hartmann_mf.INFO_3,
    hartmann_mf.INFO_6,
    borehole_mf.INFO,
    forrester_mf.INFO,
    counting_ones_info(),
    COUNTING_ONES_8_8,
    mixed.INFO,
    conditional.INFO,
    forbidden.INFO,
)

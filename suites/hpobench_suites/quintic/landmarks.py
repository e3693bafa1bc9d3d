"""What the classical metrics reach on the very test points of each problem: landmarks of its plots and tables.

Donaldson's balanced metrics of degree k were made from 100,000 points, the stream that the networks train on; k = 1 is
Fubini-Study's by symmetry. Pinned here because listing problems must not compute; tests compute all of them anew.
"""

from hpobench_tui.core import Landmark
from hpobench_tui.core.targets import spaced

DEGREES = range(1, 7)
SIGMA_SMALL = (0.379027, 0.276408, 0.196189, 0.132220, 0.0921309, 0.0671955)
SIGMA = (0.379384, 0.276409, 0.196008, 0.132014, 0.0919644, 0.0670615)
RICCI = (39.5395, 29.6259, 21.5663, 15.0674, 10.7890, 8.02126)
OPTIMAL = {"sigma-small": 0.00580000, "sigma": 0.00583744}
"""σ of the best diagonal form of degree 4, which has four free values."""
DIAGONAL = {2: (0.372567, 0.273261), 3: (0.372567, 0.194900), 4: (0.372567, 0.132219)}
"""σ of Fubini-Study's and of the balanced form, on the points of ``quintic/donaldson-kDEGREE``."""
SOURCE = "balanced by Donaldson's algorithm (math/0512625) on 100,000 points"


def of_networks(problem: str) -> tuple[Landmark, ...]:
    """Those of ``quintic/PROBLEM`` for the Fermat quintic."""
    losses = {"sigma-small": SIGMA_SMALL, "sigma": SIGMA, "ricci": RICCI}[problem]
    made = [of_degree(k, loss) for k, loss in zip(DEGREES, losses, strict=True)]
    if problem in OPTIMAL:
        made.append(Landmark("optimal diagonal k = 4", OPTIMAL[problem], "least σ on 20,000 points, by Nelder & Mead"))
    return tuple(made)


def targets(problem: str) -> tuple[float, ...]:
    """Of ``quintic/PROBLEM``, whatever psi: from Fubini-Study's loss, which takes no training, down to a tenth of the
    best classical one."""
    known = [mark.loss for mark in of_networks(problem)]
    return spaced(max(known), min(known) / 10)


def of_diagonal(degree: int) -> tuple[Landmark, ...]:
    """Those of ``quintic/donaldson-kDEGREE``."""
    fubini_study, balanced = DIAGONAL[degree]
    return of_degree(1, fubini_study), of_degree(degree, balanced)


def of_degree(degree: int, loss: float) -> Landmark:
    """The balanced metric's, which is Fubini-Study's for degree 1."""
    return Landmark(name(degree), loss, SOURCE if degree > 1 else "in closed form")


def name(degree: int) -> str:
    return "Fubini-Study" if degree == 1 else f"Donaldson k = {degree}"

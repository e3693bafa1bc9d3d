"""The descriptions of the network problems. Imports nothing heavy."""

from dataclasses import replace

from hpobench_suites.quintic import landmarks
from hpobench_tui.core import Dimensions, Fidelity, HpobenchError, Parameter, ProblemInfo, Reference, Value

POINTS_UNIT = 1000
ANSATZ_CHOICES = ("phi", "additive", "multiplicative", "matrix")
MOST_PSI, CONIFOLD = 100.0, 1e-3
"""As in ``geometry.hypersurface``, which takes NumPy."""
MODEL_PARAMETERS = (
    Parameter("psi", 0.0, "The quintic of the Dwork family; 0 is Fermat's.", minimum=-MOST_PSI, maximum=MOST_PSI),
    Parameter("ansatz", "phi", "How the network makes a metric: see network/ansatz.py.", ANSATZ_CHOICES),
)
SIGMA_PARAMETERS = (
    *MODEL_PARAMETERS,
    Parameter("fidelity", "epochs", "What a unit of fidelity is: an epoch, or 1,000 points.", ("epochs", "points")),
    Parameter("lbfgs", 0, "How many of the last epochs are steps of L-BFGS on all points.", minimum=0, maximum=10),
)


def _network(
    name: str, loss: str, load: str, points: int, test: int, epochs: int, seconds: float, **given: Value
) -> ProblemInfo:
    psi, ansatz = float(given["psi"]), given["ansatz"]
    if abs(psi - 1.0) < CONIFOLD:
        raise HpobenchError(f"psi = {psi:g} is (nearly) the singular conifold psi = 1; stay {CONIFOLD:g} away from it.")
    if ansatz == "phi":
        dimensions = Dimensions(floats=4, integers=3, categoricals=5, conditions=2)
    else:
        dimensions = Dimensions(floats=5, integers=3, categoricals=4, conditions=1)
    what = loss if ansatz == "phi" else f"{loss}, and how far from Kähler and from one tensor on X"
    if loss != "σ":  # the penalty on curvature
        more = {"floats": dimensions.floats + 1, "categoricals": dimensions.categoricals + 1}
        dimensions = replace(dimensions, **more, conditions=dimensions.conditions + 1)
    if given.get("fidelity") == "points":
        fidelity = Fidelity("thousand points", 1, points // POINTS_UNIT, resumable=False)
    else:
        fidelity = Fidelity("epochs", 1, epochs, step=1)
    return ProblemInfo(
        id=f"quintic/{name}",
        summary=f"A network learns the Calabi-Yau metric of a quintic from {points:,} points; loss: {what}",
        load=f"hpobench_suites.quintic.{load}",
        dimensions=dimensions,
        reference=Reference(0.0, "Ricci-flat: a bound", exact=False),
        fidelity=fidelity,
        noisy=True,  # the seed sets initialisation and order
        seconds=seconds if ansatz == "phi" else 2.5 * seconds,
        devices=("cuda", "cpu"),
        requires={"torch": "quintic"},
        tags=("neural-network", "mixed", "conditional", "multi-fidelity", "calabi-yau"),
        parameters=SIGMA_PARAMETERS if "lbfgs" in given else MODEL_PARAMETERS,
        vary=f"hpobench_suites.quintic.descriptions:{name.replace('-', '_')}",
        arguments={"train": points, "test": test, "epochs": epochs, **given},
        landmarks=landmarks.of_networks(name) if psi == 0.0 else (),
        targets=landmarks.targets(name),
    )


def sigma_small(psi: float, ansatz: str, fidelity: str, lbfgs: int) -> ProblemInfo:
    """``quintic/sigma-small`` with parameters."""
    given: dict[str, Value] = {"psi": psi, "ansatz": ansatz, "fidelity": fidelity, "lbfgs": lbfgs}
    return _network("sigma-small", "σ", "sigma:Sigma", 18_000, 5_000, 20, 5.0, **given)


def sigma(psi: float, ansatz: str, fidelity: str, lbfgs: int) -> ProblemInfo:
    """``quintic/sigma`` with parameters."""
    given: dict[str, Value] = {"psi": psi, "ansatz": ansatz, "fidelity": fidelity, "lbfgs": lbfgs}
    return _network("sigma", "σ", "sigma:Sigma", 100_000, 10_000, 30, 40.0, **given)


def ricci(psi: float, ansatz: str) -> ProblemInfo:
    """``quintic/ricci`` with parameters."""
    return _network("ricci", "its curvature ‖R‖", "ricci:Ricci", 18_000, 5_000, 20, 6.0, psi=psi, ansatz=ansatz)


NETWORK_PROBLEMS: tuple[ProblemInfo, ...] = (
    sigma_small(0.0, "phi", "epochs", 0),
    sigma(0.0, "phi", "epochs", 0),
    ricci(0.0, "phi"),
)

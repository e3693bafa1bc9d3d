"""The descriptions of the network problems. Imports nothing heavy."""

from hpobench_tui.core import Dimensions, Fidelity, Parameter, ProblemInfo, Reference

POINTS_UNIT = 1000
PARAMETERS = (
    Parameter("psi", 0.0, "The quintic of the Dwork family; 0 is Fermat's.", minimum=-100.0, maximum=100.0),
    Parameter("fidelity", "epochs", "What a unit of fidelity is: an epoch, or 1,000 points.", ("epochs", "points")),
)


def _sigma(name: str, points: int, test: int, epochs: int, seconds: float, psi: float, fidelity: str) -> ProblemInfo:
    by_points = fidelity == "points"
    return ProblemInfo(
        id=f"quintic/{name}",
        summary=f"A network learns the Calabi-Yau metric of a quintic from {points:,} points; loss: σ",
        load="hpobench_suites.quintic.sigma:Sigma",
        dimensions=Dimensions(floats=4, integers=3, categoricals=5, conditions=2),
        reference=Reference(0.0, "Ricci-flat: a bound", exact=False),
        fidelity=(
            Fidelity("thousand points", 1, points // POINTS_UNIT, resumable=False)
            if by_points
            else Fidelity("epochs", 1, epochs, step=1)
        ),
        noisy=True,  # the seed sets initialisation and order
        seconds=seconds,
        devices=("cuda", "cpu"),
        requires={"torch": "quintic"},
        tags=("neural-network", "mixed", "conditional", "multi-fidelity", "calabi-yau"),
        parameters=PARAMETERS,
        vary=f"hpobench_suites.quintic.descriptions:{name.replace('-', '_')}",
        arguments={"train": points, "test": test, "epochs": epochs, "psi": psi, "fidelity": fidelity},
    )


def sigma_small(psi: float, fidelity: str) -> ProblemInfo:
    """``quintic/sigma-small`` with parameters."""
    return _sigma("sigma-small", 18_000, 5_000, 20, 5.0, psi, fidelity)


def sigma(psi: float, fidelity: str) -> ProblemInfo:
    """``quintic/sigma`` with parameters."""
    return _sigma("sigma", 100_000, 10_000, 30, 80.0, psi, fidelity)


NETWORK_PROBLEMS: tuple[ProblemInfo, ...] = (sigma_small(0.0, "epochs"), sigma(0.0, "epochs"))

"""Makes the figures of docs/quintic.md: ``python docs/figures/quintic.py`` (a minute; needs the extra ``quintic``).

The last one is that of ``hpobench quintic report``, copied here.
"""

from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from hpobench_suites.quintic.curvature import fubini_study
from hpobench_suites.quintic.donaldson.balanced import balanced
from hpobench_suites.quintic.donaldson.differentiable import differentiable_metric
from hpobench_suites.quintic.geometry.cache import point_set
from hpobench_suites.quintic.geometry.hypersurface import Charts, Quintic
from hpobench_suites.quintic.measures import sigma
from hpobench_suites.quintic.report import ratios
from hpobench_suites.quintic.sigma import Sigma

HERE = Path(__file__).parent
TABLE = "quintic-sigma-small"
COLOURS = ("#999999", "#0072B2", "#D55E00")


def surface() -> None:
    """The curve z₁⁵ + z₂⁵ = 1 in C², the slice of the quintic by z₃ = 0, z₄ = 0 (z₀ = -1), in a projection to R³.

    Its 25 pieces are z₁ = ω^j cosh(w)^(2/5), z₂ = ω^k (-sinh(w)²)^(1/5), ω = exp(2πi/5) (Hanson, Notices of the AMS
    41(9), 1994).
    """
    x, y = np.meshgrid(np.linspace(-1.0, 1.0, 25), np.linspace(0.0, np.pi / 2.0, 25))
    w = x + 1j * y
    figure = Figure(figsize=(5.0, 4.6), layout="constrained")
    axes = figure.add_subplot(projection="3d")
    for j in range(5):
        for k in range(5):
            first = np.exp(2j * np.pi * j / 5) * np.cosh(w) ** 0.4
            second = np.exp(2j * np.pi * k / 5) * (np.sinh(w) / 1j) ** 0.4
            height = np.cos(0.9) * first.imag + np.sin(0.9) * second.imag
            colour = np.array([0.25 + 0.13 * j, 0.45, 0.85 - 0.13 * k])
            axes.plot_surface(first.real, second.real, height, color=colour, linewidth=0.1, edgecolor="0.3", alpha=0.9)
    axes.set_axis_off()
    axes.set_box_aspect((1, 1, 1), zoom=1.35)
    figure.savefig(HERE / "quintic-slice.png", dpi=130)


def volume_forms() -> None:
    """How det g/|Ω|², in units of its mean, is spread over X: what σ measures."""
    test, train = (point_set(Quintic(), 20_000, 0, part) for part in ("test", "train"))
    problem = Sigma(train=18_000, test=5_000, epochs=20)
    training = problem.train(dict(problem.space().get_default_configuration()), 0, "cpu")
    training.train(20)
    metrics = {
        "Fubini-Study": fubini_study,
        "Donaldson, balanced, k = 4": differentiable_metric(balanced(train, 4).form, 4),
        "network after 20 epochs": training.learnt().metric,
    }
    figure = Figure(figsize=(5.5, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for colour, (name, metric) in zip(COLOURS, metrics.items(), strict=True):
        label, ratio = described(name, test, ratios(metric, test))
        look = {"histtype": "stepfilled", "alpha": 0.55, "color": colour, "label": label}
        bins = np.linspace(0.0, 2.2, 111)
        axes.hist(ratio, bins, weights=test.weights, density=True, **look)
    axes.set(xlabel="(det g / Vol_K) / (|Ω|² / Vol_CY): 1 everywhere for the Calabi-Yau metric")
    axes.set(ylabel="density", yscale="log")
    axes.legend(fontsize=8)
    figure.savefig(HERE / "quintic-volume-forms.png", dpi=130)


def described(name: str, test: Charts, ratio: np.ndarray) -> tuple[str, np.ndarray]:
    """The legend entry with σ; the ratio in units of its mean."""
    mean = (test.weights * ratio).sum() / test.weights.sum()
    return f"{name}: σ = {sigma(test.weights, ratio).value:.3g}", ratio / mean


def learning_curves() -> None:
    """All trainings of the tabular twin."""
    import polars

    from hpobench_suites import tabular

    table = polars.read_parquet(Path(tabular.__file__).parent / "tables" / f"{TABLE}.parquet")
    figure = Figure(figsize=(5.5, 3.4), layout="constrained")
    axes = figure.add_subplot()
    for _, rows in table.filter(polars.col("loss").is_not_null()).group_by("configuration", "seed"):
        rows = rows.sort("fidelity")
        colour = "#0072B2" if rows["hp.features"][0] == "invariant" else "#E69F00"
        axes.plot(rows["fidelity"], rows["loss"], color=colour, linewidth=0.5, alpha=0.35)
    for colour, label in (("#0072B2", "invariant features"), ("#E69F00", "patch coordinates")):
        axes.plot([], [], color=colour, label=label)
    axes.axhline(0.3727, color="0.3", linestyle="--", linewidth=1, label="Fubini-Study (an untrained network)")
    axes.set(xlabel="epochs", ylabel="σ on test points", yscale="log", ylim=(1.5e-3, 2.0))
    axes.legend(fontsize=8)
    figure.savefig(HERE / "quintic-learning-curves.png", dpi=130)


if __name__ == "__main__":
    torch.set_num_threads(1)
    surface()
    volume_forms()
    learning_curves()

"""The report's figure: σ against the cost of finding a metric, both logarithmic, a mark a metric."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hpobench_suites.quintic.measures import Estimate

STYLES = (
    ("balanced", "Donaldson, balanced", "#0072B2", "o-", 4),
    ("plain", "the same without symmetry", "#56B4E9", "^", 5),
    ("optimal", "optimal diagonal form", "#009E73", "s-", 4),
    ("network", "network, retrained", "#D55E00", "*", 9),
)
"""Kind, label, colour (Okabe & Ito's), mark and its size."""
LEAST_SECONDS = 1e-3


def draw(path: Path, metrics: Sequence[tuple[str, str, float, Estimate]]) -> None:
    """Kind, name, CPU seconds and σ of each metric as a PNG; the kind "classical" is a line."""
    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for kind, label, colour, mark, size in STYLES:
        chosen = [metric for metric in metrics if metric[0] == kind]
        if not chosen:
            continue
        seconds = [max(metric[2], LEAST_SECONDS) for metric in chosen]
        values, errors = [metric[3].value for metric in chosen], [metric[3].error for metric in chosen]
        axes.errorbar(seconds, values, yerr=errors, fmt=mark, color=colour, label=label, markersize=size)
        for (_, name, _, _), x, y in zip(chosen, seconds, values, strict=True):
            if "k = " in name:
                degree = name[name.index("k = ") :]
                axes.annotate(degree, (x, y), textcoords="offset points", xytext=(5, 4), fontsize=7, color=colour)
    for kind, name, _, sigma in metrics:
        if kind == "classical":
            axes.axhline(sigma.value, color="0.5", linestyle="--", linewidth=1)
            axes.text(
                0.98, sigma.value, name, transform=axes.get_yaxis_transform(), ha="right", va="bottom", fontsize=8
            )
    axes.set(xscale="log", yscale="log", xlabel="CPU seconds to find the metric", ylabel="σ on test points")
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=160)

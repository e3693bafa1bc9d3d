"""Lines with intervals over the share of the budget: what ranks, ECDF, profiles and aggregates have in common."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from hpobench_tui.export.figures.look import Looks, add_grid, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_lines(axes: "Axes", looks: Looks, lines: Iterable[tuple[str, Any, Any, Any, Any]], steps: bool = True) -> None:
    """Draw them.

    Args:
        lines: (label, x, y, low, high), the last four of one shape (m,).
    """
    for label, x, y, low, high in lines:
        style = looks.of(label)
        axes.plot(x, y, drawstyle="steps-post" if steps else "default", label=looks.entry(label), **style)
        if not looks.grey(label):
            step: Literal["post"] | None = "post" if steps else None
            axes.fill_between(x, low, high, color=style["color"], alpha=looks.alpha, linewidth=0, step=step)


def name_axes(axes: "Axes", title: str, x_label: str, y_label: str) -> None:
    """Title and labels, which may be anybody's text, and a faint grid."""
    axes.set_title(plain(title))
    axes.set_xlabel(plain(x_label))
    axes.set_ylabel(plain(y_label))
    add_grid(axes)

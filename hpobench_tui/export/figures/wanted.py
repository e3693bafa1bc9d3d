"""Which figures are wanted, how wide, and in whose style. Nothing heavy: help texts are made from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.nearest import hint


class Width(NamedTuple):
    """Inches that a figure has in one column, and across the text; ``font``: points of its labels."""

    column: float
    text: float
    font: float = 9.0


VENUES: Mapping[str, Width] = {
    "neurips": Width(5.5, 5.5),
    "iclr": Width(5.5, 5.5),
    "automl": Width(6.5, 6.5),
    "jmlr": Width(6.0, 6.0),
    "icml": Width(3.25, 6.75, 8.0),
    "aistats": Width(3.25, 6.75, 8.0),
    "aaai": Width(3.3, 7.0, 8.0),
    "ieee": Width(3.5, 7.16, 8.0),
    "acm": Width(3.33, 7.0, 8.0),
    "lncs": Width(4.8, 4.8, 8.0),
    "nature": Width(3.5, 7.2, 7.0),
    "elsevier": Width(3.54, 7.48, 8.0),
    "thesis": Width(5.9, 5.9, 10.0),
}
"""Column and text widths by the venues' author kits."""
DEFAULT = "neurips"

KINDS: Mapping[str, str] = {
    "regret": "a figure a problem: median and quartiles over the budget",
    "regret-grid": "the same of all problems, with one legend",
    "aggregate": "normalised regret over all problems, over the budget",
    "ranks": "average ranks over the budget",
    "ecdf": "share of all targets that are reached, over the budget",
    "profile": "performance profile",
    "critical": "critical differences of average ranks",
    "wins": "who wins how often against whom",
    "brackets": "plan and fill of the brackets, of each optimizer that has some",
    "tried": "what each optimizer tried in two hyperparameters, as grid and random search are drawn",
    "gaussian": "what a model believed before a trial: data, posterior, acquisition",
    "parallel": "parallel coordinates of a problem's trials",
    "importance": "which hyperparameters matter",
}
"""A kind is ``figures`` of the module of that name (``regret-grid``: ``regret_grid``) in this package."""


class Belief(Protocol):
    """``engine.front.looks.Slice``, as far as it is drawn: the engine is not known here."""

    @property
    def axes(self) -> Sequence[Any]: ...
    @property
    def asked(self) -> Mapping[str, Any]: ...
    @property
    def middle(self) -> tuple[float, ...] | None: ...
    @property
    def lower(self) -> tuple[float, ...] | None: ...
    @property
    def upper(self) -> tuple[float, ...] | None: ...
    @property
    def acquisition(self) -> tuple[float, ...] | None: ...
    @property
    def data(self) -> Sequence[tuple[int, tuple[Any, ...], float | None]]: ...
    @property
    def searched(self) -> tuple[str, ...]: ...
    @property
    def unit(self) -> str: ...
    @property
    def interval(self) -> str: ...
    @property
    def criterion(self) -> str: ...
    @property
    def note(self) -> str: ...


Look = Callable[[int, int], Belief]
"""What a run's optimizer believed before a trial: (id of the run, number of the trial); HpobenchError: why it cannot be
told."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for.

    Attributes:
        kinds: Of ``KINDS``; empty: all that apply.
        width: Of the venue.
        style: A style file of Matplotlib's, which overrides ours.
        look: How models are asked what they believed; None: not at all.
    """

    kinds: tuple[str, ...] = ()
    width: Width = VENUES[DEFAULT]
    style: Path | None = None
    look: Look | None = None


def kinds_of(text: str | None) -> tuple[str, ...]:
    """A comma-separated list.

    Raises:
        HpobenchError: there is no such kind.
    """
    named = tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
    for name in named:
        if name not in KINDS:
            raise unknown("kind of figure", name, list(KINDS))
    return named


def style_of(text: str | None) -> tuple[Width, Path | None]:
    """A venue, a style file, or both: ``icml``, ``mine.mplstyle``, ``icml,mine.mplstyle``.

    Raises:
        HpobenchError: it is neither, or the file is none of Matplotlib's.
    """
    width, style = VENUES[DEFAULT], None
    for part in filter(None, (part.strip() for part in (text or "").split(","))):
        path = Path(part).expanduser()
        if part in VENUES:
            width = VENUES[part]
        elif path.is_file():
            style = _checked(path)
        else:
            raise HpobenchError(
                f"--style {part}: neither a venue nor a file.{hint(part, VENUES)} Venues: {', '.join(VENUES)}; else the"
                " path of a style file of Matplotlib's (lines of `font.size: 8`)."
            )
    return width, style


def _checked(path: Path) -> Path:
    from matplotlib import rc_params_from_file, rcParams

    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            setting = line.partition("#")[0].partition(":")[0].strip()
            if setting and setting not in rcParams:  # which Matplotlib only logs
                raise KeyError(setting)
        rc_params_from_file(path, fail_on_error=True, use_default_template=False)
    except (KeyError, ValueError, OSError, UnicodeDecodeError) as error:
        reason = f"it has no setting {error}" if isinstance(error, KeyError) else str(error)
        raise HpobenchError(f"{path} is no style file of Matplotlib's: {reason}.") from error
    return path

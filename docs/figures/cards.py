"""Makes docs/cards.md and its pictures, a card a real problem: ``python docs/figures/cards.py`` (some minutes).

Facts are from the problems' own descriptions. Losses are those of a table of the problem that ships, else of random
configurations, as many as :data:`SECONDS` afford by the description; the same each time, with the same libraries.
Cards of problems whose extra is missing stay as they are; named suites and problems alone are made anew.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil, inf, log10
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpobench_suites.tables import data, description
from hpobench_suites.tables.curves import Curves
from hpobench_suites.tabular import TWINS, path_of
from hpobench_suites.tabular.problem import opened
from hpobench_suites.tabular.sidecar import Sidecar, read
from hpobench_tui import plugins
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.errors import TrainingError
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.seeds import derive
from hpobench_tui.core.space import samples, space_of
from hpobench_tui.core.values import choices_of

HERE = Path(__file__).parent
PAGE, PICTURES = HERE.parent / "cards.md", HERE / "cards"
SUITES = ("mnist_cnn", "quintic", "ml", "tables", "tabular")
"""In the order of the page."""
SECONDS, PATIENCE = 10.0, 150.0
"""Of drawing losses; what costs more gets the fewest draws, if they are affordable with patience."""
FEWEST, MOST = 20, 2000
"""Random configurations of a picture."""
SEEDS, REPEATED = 2, 8
"""Trainings of each where there is noise; configurations that are trained for that alone."""
TIMES = ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (120.0, 1.0, "s"), (7200.0, 1 / 60, "min"), (1e99, 1 / 3600, "h"))
BEGIN = """# Cards of the real problems

What each problem that comes of real trainings or real data is: its space, fidelity, cost, noise, source and best known
value, and how its losses are spread. `python docs/figures/cards.py` makes this page from the problems' descriptions,
shipped tables and random draws; `hpobench problems SUITE/NAME` shows a problem's description.

*Loss* in the pictures is that at full fidelity, the mean over the seeds where there are several; the line is the
reference that regret is measured against. *Noise* is the standard deviation between trainings of one configuration that
differ in their seed alone, in the median over configurations. Costs are of one CPU core.
"""


@dataclass(frozen=True)
class Losses:
    """Losses (N, S) at full fidelity of some configurations with some seeds; NaN where a training failed.

    Attributes:
        of: Where they are from, in words.
        cost: Seconds on the simulated clock, in the median; None where only a real clock tells.
    """

    values: NDArray[np.float64]
    of: str
    cost: float | None

    @property
    def means(self) -> NDArray[np.float64]:
        """Of each configuration, those that all failed left out; in order of size."""
        there = ~np.isnan(self.values)
        some = there.any(1)
        sums = np.where(there, self.values, 0.0).sum(1)[some] / there.sum(1)[some]
        result: NDArray[np.float64] = np.sort(sums)
        return result

    @property
    def noise(self) -> float | None:
        """The median standard deviation between seeds, where a configuration has several; None where none has."""
        several = self.values[(~np.isnan(self.values)).sum(1) > 1]
        return float(np.median(np.nanstd(several, axis=1, ddof=1))) if len(several) else None


def tabulated(info: ProblemInfo) -> tuple[Sidecar, str] | None:
    """The shipped table that holds trainings of a problem, or is replayed by it, and its name."""
    for name in TWINS:
        sidecar = read(path_of(name))
        if info.id in (sidecar.problem, f"tabular/{name}"):
            return sidecar, name
    return None


def losses_of(info: ProblemInfo) -> Losses | None:
    """Losses of a problem's configurations; None where too few can be afforded."""
    if found := tabulated(info):
        sidecar, name = found
        table, _ = opened(sidecar.path.absolute(), sidecar.checksum)
        count, seeds = table.losses.shape[:2]
        words = f"{count:,} configurations{_times(seeds)} of the table `{name}`"
        return Losses(table.losses[:, :, -1], words, float(np.nanmedian(table.seconds[:, :, -1])))
    if info.suite == "tables":
        return published(info.arguments["name"])
    seeds = SEEDS if info.noisy else 1
    each = info.seconds * seeds
    count = max(FEWEST, min(MOST, int(SECONDS / each)))
    return drawn(info, count, seeds) if count * each <= PATIENCE else None


def published(name: str) -> Losses:
    """All that a table of suite ``tables`` has; NaN also where a configuration has fewer seeds than others."""
    of = description.read(name)
    if of.fidelity is None:
        arrays = data.columns(of)
        column, divisor, _ = of.seconds
        values, seconds = data.losses(of, arrays), arrays[column] / divisor
    else:
        curves = Curves(of)
        values, seconds = curves.final()[:, None], curves.seconds()
    words = f"{len(values):,} configurations{_times(values.shape[1])} of the whole table"
    return Losses(values, words, float(np.nanmedian(seconds)))


def repeated(info: ProblemInfo, losses: Losses | None) -> Losses | None:
    """Losses of several seeds; None where there is no noise, or its trainings cost too much."""
    if losses is not None and losses.values.shape[1] > 1:
        return losses
    affordable = info.noisy and REPEATED * SEEDS * info.seconds <= PATIENCE
    return drawn(info, REPEATED, SEEDS) if affordable else None


def drawn(info: ProblemInfo, count: int, seeds: int) -> Losses:
    """Losses of random configurations."""
    problem = plugins.load_problem(info)
    full = info.fidelity.maximum if info.fidelity else 1
    rng = np.random.default_rng(derive(0, "cards", info.id))
    values, costs = np.full((count, seeds), np.nan), []
    for i, configuration in enumerate(islice(samples(space_of(problem), rng), count)):
        for k in range(seeds):
            try:
                report = problem.start(configuration, derive(0, "cards", info.id, k), "cpu").advance(full)
            except TrainingError:
                continue
            values[i, k] = report.loss if np.isfinite(report.loss) else np.nan
            costs += [report.cost] if report.cost is not None else []
    return Losses(values, f"{count:,} random configurations{_times(seeds)}", float(np.median(costs)) if costs else None)


def _times(seeds: int) -> str:
    return f" × {seeds} seeds" if seeds > 1 else ""


def card(info: ProblemInfo, losses: Losses | None, picture: str | None) -> list[str]:
    """The lines of a card."""
    original = original_of(info)
    rows = [
        ("space", f"that of {original}" if original else f"{info.dimensions}: {'; '.join(hyperparameters(info))}"),
        ("fidelity", fidelity(info)),
        ("cost", cost(info, losses)),
        ("loss", info.reward),
        ("noise between seeds", noise(info, losses)),
        ("optimum" if info.reference.exact else "reference", reference(info)),
        ("best of those in the picture", best(losses)),
        *((f"landmark: {m.name}", f"{m.loss:.4g}, {m.source}") for m in info.landmarks if not original),
        ("surrogate", surrogate(info)),
        ("source", info.origin or (f"trainings of {original}" if original else "ours")),
        ("licence of its data", info.licence),
    ]
    lines = [f"### {info.id}", "", f"{info.summary}.", ""]
    if picture:
        lines += [f"![How the losses of {info.id} are spread](figures/cards/{picture})", ""]
    return [*lines, "| | |", "|---|---|", *(f"| {name} | {_cell(text)} |" for name, text in rows if text), ""]


def original_of(info: ProblemInfo) -> str | None:
    """The problem of which this is a twin, if that has a card."""
    if info.suite != "tabular" or (found := tabulated(info)) is None:
        return None
    return found[0].problem if any(one.id == found[0].problem for one in real_problems()) else None


def hyperparameters(info: ProblemInfo) -> Iterator[str]:
    """Each with its values, and where it is active."""
    space = space_of(plugins.load_problem(info))
    for name in space:
        one: Any = space[name]
        if (values := choices_of(one)) is not None:
            words = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values[:12])
            words += ", …" if len(values) > 12 else ""
        else:
            words = f"{one.lower:g} to {one.upper:g}{', logarithmic' if getattr(one, 'log', False) else ''}"
        parents = sorted(
            {str(parent) for condition in space.parent_conditions_of[name] for parent in _names(condition)}
        )
        yield f"`{name}` {words}" + (
            f" (depends on {', '.join(f'`{parent}`' for parent in parents)})" if parents else ""
        )


def _names(condition: Any) -> list[str]:
    """The hyperparameters on which a condition depends."""
    parts = getattr(condition, "components", None)
    return [condition.parent.name] if parts is None else [name for part in parts for name in _names(part)]


def fidelity(info: ProblemInfo) -> str:
    if (one := info.fidelity) is None:
        return "none"
    return f"{one.minimum:,} to {one.maximum:,} {one.name}{', resumable' if one.resumable else ', each trained anew'}"


def cost(info: ProblemInfo, losses: Losses | None) -> str:
    own = f"{duration(info.seconds)} a training"
    if losses is None or losses.cost is None or not info.costs:
        return own
    if info.suite in ("tabular", "tables"):
        return f"{duration(info.seconds)} to replay; the trainings took {duration(losses.cost)} in the median"
    return f"{own}; {duration(losses.cost)} on the simulated clock"


def noise(info: ProblemInfo, losses: Losses | None) -> str:
    if not info.noisy:
        return "none: the seed has no part in it"
    if (found := repeated(info, losses)) is None or found.noise is None:
        return "not measured"
    spread = float(np.subtract(*np.quantile(found.means, [0.75, 0.25])))
    return f"{found.noise:.3g}; quartiles of the losses are {spread:.3g} apart ({found.of})"


def reference(info: ProblemInfo) -> str:
    return f"{info.reference.loss:.6g}: {info.reference.source}"


def best(losses: Losses | None) -> str:
    if losses is None or not len(losses.means):
        return "no picture: drawing losses takes too long"
    lacking = float(np.isnan(losses.values).all(1).mean())
    gone = f"; {lacking:.1%} of the configurations failed" if lacking else ""
    return f"{losses.means[0]:.6g}, median {np.median(losses.means):.6g} ({losses.of}){gone}"


def surrogate(info: ProblemInfo) -> str:
    """How well the model of a twin predicts, where a twin it is."""
    if info.suite != "tabular" or (found := tabulated(info)) is None or "none" in found[0].replay["surrogate"]:
        return ""
    figures: Mapping[str, Any] = found[0].replay["surrogate"]["loss"]
    return f"{figures['model']}: held-out R² {figures['r2']:.3f}, Spearman {figures['spearman']:.3f}"


def duration(seconds: float) -> str:
    """A time with two digits and a unit.

    >>> duration(3e-4), duration(90.0)
    ('300 µs', '90 s')
    """
    factor, unit = next((factor, unit) for below, factor, unit in TIMES if seconds < below)
    return f"{float(f'{seconds * factor:.2g}'):g} {unit}"


def drawing(losses: Losses, reference: float, width: int = 480, height: int = 140) -> str:
    """A histogram as SVG, logarithmic where losses are positive and a factor of ten apart, up to the 98th percentile.

    The reference is a line where it is in sight: no further below the least loss than a tenth of the picture.
    """
    values = losses.means
    shown = values[values <= np.quantile(values, 0.98)]
    logarithmic = bool(shown[0] > 0.0 and shown[-1] > 10.0 * shown[0])
    scaled = np.log10(shown) if logarithmic else shown
    low, high = float(scaled[0]), float(scaled[-1])
    level = reference if not logarithmic else log10(reference) if reference > 0.0 else -inf
    if low - (high - low) / 10 <= level < low:
        low = level
    high = high if high > low else low + 1.0
    counts, _ = np.histogram(scaled, bins=min(60, max(10, ceil(2 * len(shown) ** 0.5))), range=(low, high))
    left, right, top, bottom = 12.0, width - 12.0, 24.0, height - 24.0
    step = (right - left) / len(counts)

    def at(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    path = f"M{left:g} {bottom:g}"
    for place, count in enumerate(counts):
        path += f"V{bottom - (bottom - top) * count / counts.max():.1f}H{left + (place + 1) * step:.1f}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<path d="{path}V{bottom:g}Z" fill="#0072B2"/>',
        f'<path d="M{left:g} {bottom:g}H{right:g}" stroke="#333"/>',
    ]
    if low <= level <= high:
        parts.append(f'<path d="M{at(level):.1f} {top:g}V{bottom:g}" stroke="#D55E00" stroke-width="2"/>')
    for value, anchor in ((low, "start"), ((low + high) / 2, "middle"), (high, "end")):
        text = f"{10**value if logarithmic else value:.3g}"
        parts.append(f'<text x="{at(value):.1f}" y="{height - 8}" text-anchor="{anchor}" fill="#333">{text}</text>')
    worst = "" if len(shown) == len(values) else ", without the worst 2 %"
    said = f"loss{', logarithmic' if logarithmic else ''}; {losses.of.partition(' of the')[0]}{worst}"
    parts.append(f'<text x="{right:g}" y="14" text-anchor="end" fill="#777">{said}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def real_problems() -> list[ProblemInfo]:
    """Those that have a card, by suite; names of equal problems only once, and none of a file of one's own."""
    infos = [info for info in plugins.problems() if info.suite in SUITES and not info.same_as]
    return sorted((info for info in infos if info.id != "tabular/table"), key=lambda info: SUITES.index(info.suite))


def old_cards() -> dict[str, str]:
    """The cards of the page as it is, by problem."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    found = re.split(r"^##+ ", text, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: f"### {part.rstrip()}\n" for part in found if "/" in part.partition("\n")[0]}


def write(cards: Mapping[str, str]) -> None:
    """The page of all problems with their cards, and away with pictures that none has."""
    page, suite = [BEGIN], ""
    for info in real_problems():
        if info.suite != suite:
            suite = info.suite
            page.append(f"## {suite}\n")
        page.append(cards.get(info.id) or f"### {info.id}\n\n{info.summary}.\n")
    text = "\n".join(page)
    PAGE.write_text(text, encoding="utf-8")
    for picture in PICTURES.iterdir():
        if f"figures/cards/{picture.name})" not in text:
            picture.unlink()


def main(chosen: Sequence[str]) -> None:
    """Make the cards of the chosen suites or problems, of all if none are; the others stay."""
    PICTURES.mkdir(exist_ok=True)
    cards = old_cards()
    for info in real_problems():
        wanted = not chosen or info.id in chosen or info.suite in chosen
        if missing(info) or (not wanted and info.id in cards):
            continue
        print(info.id, flush=True)
        losses = losses_of(info)
        picture = re.sub(r"\W+", "-", info.id) + ".svg" if losses is not None and len(losses.means) else None
        if losses is not None and picture:
            (PICTURES / picture).write_text(drawing(losses, info.reference.loss), encoding="utf-8")
        cards[info.id] = "\n".join(card(info, losses, picture))
        write(cards)  # now, so that nothing is lost where it is stopped
    write(cards)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    main(sys.argv[1:])

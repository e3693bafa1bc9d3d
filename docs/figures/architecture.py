"""Draws who imports whom, from the imports: ``python docs/figures/architecture.py`` (under a second).

A box sees of the others those that an arrow leads to, and what lies further down its arrows: what follows from others
is left out. An arrow that begins at a frame holds for all in it. Imports inside functions count, those for type
checkers alone do not. Where the boxes stand is written here; what joins them is read.
"""

from collections.abc import Collection, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

FILE = Path(__file__).with_suffix(".svg")
PACKAGES = ("hpobench_tui", "hpobench_suites", "hpobench_baselines")
APART = ("hpobench_tui", "hpobench_tui.__main__", "hpobench_tui.engine")
"""Modules that are in no box."""
WITH = {"own_files": "plugins"}
"""Modules that share the box of another."""
FRAMES = {"engine": ("front", "supervision", "running", "looking"), "found by entry point": ("suites", "baselines")}
BOXES = {
    "cli": (500, 0, "the hpobench command"),
    "api": (800, 0, "import hpobench_tui"),
    "tui": (305, 1, "the app"),
    "tabulation": (675, 1, "tables of trainings"),
    "serving": (860, 1, "the app in a browser"),
    "gate": (110, 1, "regressions, in CI"),
    "importing": (490, 1, "others' results"),
    "testing": (1045, 1, "conformance suites"),
    "export": (110, 2, "tables and figures"),
    "front": (340, 2, "create, launch, command"),
    "supervision": (555, 2, "owns the store"),
    "running": (770, 2, "ask, evaluate, tell"),
    "looking": (985, 2, "repeats runs, to look in"),
    "analysis": (110, 3, "regret, ranks, audit"),
    "executors": (764, 3, "worker processes"),
    "store": (240, 4, "one SQLite file each"),
    "messages": (574, 3, "between processes"),
    "plugins": (885, 4, "entry points, own files"),
    "suites": (1104, 3.6, "problems"),
    "baselines": (1104, 4.2, "optimizers"),
    "core": (615, 5.3, "the vocabulary: problem, optimizer, trial, budget, space, experiment …"),
}
"""Middle, row, and what it is."""
WIDTH, HEIGHT, MARGIN, ROW, HALF, TALL, PAD, HEADROOM = 1230, 603, 24, 96, 86, 46, 16, 12
HEAD = f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="Helvetica, Arial, sans-serif"
 font-size="12" text-anchor="middle" fill="#57606a">
<style>rect {{ fill: #fff; stroke: #57606a; rx: 6px }} .box0 {{ font-size: 15px; font-weight: bold; fill: #1f2328 }}
path {{ fill: none; stroke: #3d6a96; stroke-width: 1.4 }} .frame {{ fill: #eef3f8; stroke: #9fb3c8 }}
.frame, .found {{ stroke-dasharray: 5 4 }}</style>
<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
<path d="M0 0 8 4 0 8z" style="fill: #3d6a96; stroke: none"/></marker>
<rect width="{WIDTH}" height="{HEIGHT}" style="stroke: none"/>"""


def imports() -> dict[str, set[str]]:
    """What each box imports of the others."""
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    box = {module: box_of(module) for module in graph.modules.difference(APART)}
    found: dict[str, set[str]] = {name: set() for name in BOXES}
    for module, name in box.items():
        found[name] |= {box[other] for other in graph.find_modules_directly_imported_by(module) if other in box}
    return {name: others - {name} for name, others in found.items()}


def box_of(module: str) -> str:
    """The package, or the engine's room, that a module is in.

    Raises:
        LookupError: it is in none: a new package needs a box.
    """
    parts = [WITH.get(part, part) for part in _parts(module)]
    if not (boxes := [part for part in parts if part in BOXES]):
        raise LookupError(f"{module} is in no box")
    return boxes[0]


def _parts(module: str) -> list[str]:
    return module.removeprefix("hpobench_tui.").removeprefix("hpobench_").split(".")


def arrows(imports: Mapping[str, Collection[str]]) -> list[tuple[str, str]]:
    """Those that do not follow from others; from a frame those that all in it have.

    Raises:
        CycleError: there is a circle.
    """
    below: dict[str, set[str]] = {}
    for name in TopologicalSorter(imports).static_order():
        below[name] = {deep for other in imports[name] for deep in (other, *below[other])}
    direct = {(a, b) for a in imports for b in imports[a] if not any(b in below[other] for other in imports[a])}
    for frame, members in FRAMES.items():
        for common in set.intersection(*({b for a, b in direct if a == member} for member in members)):
            direct = {(a, b) for a, b in direct if a not in members or b != common} | {(frame, common)}
    return sorted(direct)


def extent(name: str) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a box or a frame."""
    if name in FRAMES:
        left, top, right, bottom = zip(*map(extent, FRAMES[name]), strict=True)
        return min(left) - PAD, min(top) - PAD - HEADROOM, max(right) + PAD, max(bottom) + PAD
    middle, row, _ = BOXES[name]
    half, top = HALF if name != "core" else WIDTH / 2 - MARGIN, MARGIN + row * ROW
    return middle - half, top, middle + half, top + TALL


def port(name: str, other: str, others: list[str]) -> float:
    """Where on an edge the arrow to or from another one stands: side by side, in the order of their other ends."""
    left, _, right, _ = extent(name)
    if name == "core" or (name in FRAMES and other != "core"):
        return min(max(middle(other), left + MARGIN), right - MARGIN)
    return middle(name) + 26 * (sorted(others, key=middle).index(other) - (len(others) - 1) / 2)


def middle(name: str) -> float:
    left, _, right, _ = extent(name)
    return (left + right) / 2


def rectangle(name: str, kind: str, *texts: str) -> str:
    """A box or a frame with lines of text."""
    left, top, right, bottom = extent(name)
    shape = f'<rect class="{kind}" x="{left:g}" y="{top:g}" width="{right - left:g}" height="{bottom - top:g}"/>'
    return shape + "".join(
        f'<text class="{kind}{i}" x="{middle(name):g}" y="{top + 20 + 17 * i:g}">{text}</text>'
        for i, text in enumerate(texts)
    )


def made() -> str:
    """The drawing as SVG."""
    lines = [HEAD, *(rectangle(name, "frame", name) for name in FRAMES)]
    drawn = arrows(imports())
    for source, target in drawn:
        x1, y1 = port(source, target, [b for a, b in drawn if a == source]), extent(source)[3]
        x2, y2 = port(target, source, [a for a, b in drawn if b == target]), extent(target)[1]
        curve = f"M{x1:g} {y1:g}C{x1:g} {(y1 + y2) / 2:g} {x2:g} {(y1 + y2) / 2:g} {x2:g} {y2:g}"
        lines.append(f'<path d="{curve}" marker-end="url(#head)"/>')
    _, top, right, bottom = extent("plugins")
    found = f"M{right:g} {(top + bottom) / 2:g}H{extent('found by entry point')[0]:g}"
    lines.append(f'<path class="found" d="{found}" marker-end="url(#head)"/>')
    lines += [rectangle(name, "box", name, words) for name, (_, _, words) in BOXES.items()]
    return "\n".join([*lines, "</svg>\n"])


if __name__ == "__main__":
    FILE.write_text(made(), encoding="utf-8")

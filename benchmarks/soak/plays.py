"""The short experiments: each is launched, disturbed, resumed to its end, and compared with an undisturbed one."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from benchmarks.kills.scene import Contents, contents, differences, wait_until
from benchmarks.soak import acts, toys
from benchmarks.soak.acts import PATIENCE, GoneError, Place, Play, Wrong
from hpobench_tui.core import Budget, Simulation
from hpobench_tui.core.describe import first_line
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.engine.front import lifecycle, spec
from hpobench_tui.store import lock
from hpobench_tui.store.reader import FILE, Reader

PACE = 0.03
"""Seconds that a unit of fidelity takes."""
GRACE = 10.0
"""Seconds that processes have to be gone."""
MOST_ACTS = 5
_EVALUATIONS, _CONTINUED = Budget.of(14, "evaluations"), Budget.of(60, "fidelity-continued")
KINDS: Mapping[str, tuple[list[str], list[str], Budget, Mapping[str, object]]] = {
    "plain": (["soak/paced", "soak/rubbish"], ["kills-random", "kills-tpe"], _EVALUATIONS, {}),
    "raises": (["soak/raises"], ["kills-random", "kills-tpe"], _EVALUATIONS, {"repetitions": 2}),
    "exits": (["soak/exits"], ["kills-random"], _EVALUATIONS, {"repetitions": 3}),
    "segfaults": (["soak/segfaults"], ["kills-random"], _EVALUATIONS, {"repetitions": 3}),
    "continued": (["soak/epochs"], ["kills-successive-halving", "kills-hyperband"], _CONTINUED, {}),
    "simulated": (["soak/epochs"], ["kills-asha", "kills-random"], _CONTINUED, {"simulation": Simulation(workers=3)}),
    "children": (["kills/parent"], ["kills-random"], _EVALUATIONS, {"repetitions": 2}),
    "own file": (["./mine.py:Own"], ["kills-random"], _EVALUATIONS, {"repetitions": 3}),
}
"""Problems, optimizers, budget, and more."""
WAYS = ("whole", "whole", "whole", "whole", "parts", "extended")
"""As one experiment; as two parts that are merged; or begun smaller, and extended."""


@dataclass
class Outcome:
    """What became of a play."""

    kind: str
    way: str
    done: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    resumes: int = 0


def _experiment(kind: str, place: Place) -> Experiment:
    """Made by processes that bear the place's name, and not the one of a lane that is entered at the time."""
    with place.entered():
        return experiment(kind, place.root)


def experiment(kind: str, root: Path) -> Experiment:
    """Of that kind; a file of its own lies in ``root``."""
    problems, optimizers, budget, more = KINDS[kind]
    (root / "mine.py").write_text(toys.OWN)
    named = [f"{root}/{name[2:]}" if name.startswith("./") else name for name in problems]
    return spec.build("soak", named, optimizers, budget, **{"repetitions": 2, "workers": 2, **more})


def canonical(folder: Path) -> Contents:
    """What the store holds but times, run by run whatever their numbers are: merged and extended ones have others.

    Of reasons the first lines: below them stand the places of files.
    """
    with Reader(folder) as reader:
        of = {run.id: f"{run.problem} {run.label} {run.repetition}" for run in reader.runs()}
    found = contents(folder)
    made: Contents = {"experiment": found.pop("experiment")}
    for table, rows in found.items():
        key = "id" if table == "run" else "run"
        named = [{**row, key: of[int(str(row[key]))]} for row in rows]
        for row in named:
            if row.get("error"):
                row["error"] = first_line(str(row["error"]))
        made[table] = sorted(named, key=lambda row: str(row[key]))  # stable: those of a run stay in order
    return made


def undisturbed(kind: str, root: Path) -> Contents:
    """Run it without pauses and faults.

    Raises:
        Wrong: it does not come to its end.
    """
    place = Place(root, 0.0)
    try:
        place.launch(_experiment(kind, place))
        if not wait_until(lambda: not lifecycle.supervised(place.folder), PATIENCE):
            raise Wrong(f"undisturbed, {kind} does not end")
        return canonical(place.folder)
    finally:
        place.clear()


def played(kind: str, whole: Contents, root: Path, seed: int, until: float) -> Outcome:
    """Play one; no act begins after ``until`` (``time.monotonic``)."""
    chance, started = Random(seed), time.monotonic()
    outcome = Outcome(kind, chance.choice(WAYS))
    if KINDS[kind][3].get("simulation") or kind == "own file":
        outcome.way = "whole"
    places: list[Place] = []
    try:
        with_parts = outcome.way == "parts"
        for part in ("0", "1-") if with_parts else (None,):
            places.append(Place(root / f"part{part or ''}".rstrip("-"), PACE))
            made = _experiment(kind, places[-1])
            if part is not None:
                made = replace(made, only=tuple(range(1)) if part == "0" else tuple(range(1, made.repetitions)))
            _through(places[-1], made, chance, outcome, until)
        folder = places[-1].folder
        if with_parts:
            folder = root / "merged"
            places[0].call("merge", *(place.folder for place in places), "--output", folder, codes=(0,))
        outcome.wrong += differences(canonical(folder), whole)
        places[0].call("audit", folder, codes=(0,))
        for place in places:
            outcome.wrong += left(place)
    except (Wrong, HpobenchError, OSError) as error:
        outcome.wrong.append(f"{type(error).__name__}: {error}")
    finally:
        for place in places:
            place.clear()
    outcome.seconds = time.monotonic() - started
    if not outcome.wrong:
        shutil.rmtree(root, ignore_errors=True)
    return outcome


def _through(place: Place, made: Experiment, chance: Random, outcome: Outcome, until: float) -> None:
    """Launch it, disturb it, and bring it to its end."""
    smaller = replace(made, repetitions=1, only=None) if outcome.way == "extended" else made
    place.launch(smaller)
    play = Play(place, chance)
    extend_at = chance.randrange(MOST_ACTS) if smaller is not made else -1
    for number in range(chance.randint(1, MOST_ACTS)):
        time.sleep(chance.uniform(0.2, 2.0))
        if number == extend_at:
            _extend(place, made)
        if time.monotonic() > until or not _under_way(play):
            break
        try:
            outcome.done.append(acts.one(play))
        except GoneError:
            place.clear()
            place.launch(smaller)
            outcome.done[-1:] = [*outcome.done[-1:], play.done[-1]]
        _go_on(play, outcome)
    with Reader(place.folder) as reader:
        if smaller is not made and reader.experiment().experiment.repetitions < made.repetitions:
            _extend(place, made)
    _to_the_end(play, outcome)


def _under_way(play: Play) -> bool:
    return play.supervised() or bool(lifecycle.unfinished(play.folder))


def _extend(place: Place, made: Experiment) -> None:
    """As another front end would: beside a supervisor, or after it."""
    place.call("extend", place.folder, "--repetitions", made.repetitions, "--detach", codes=(0,))


def _go_on(play: Play, outcome: Outcome) -> None:
    """Resume what has lost its supervisor."""
    if not play.supervised() and lifecycle.unfinished(play.folder):
        play.kills = 2
        outcome.resumes += 1
        try:
            play.place.resume()
        except HpobenchError:
            if not play.supervised():  # else somebody else was quicker
                raise


def _to_the_end(play: Play, outcome: Outcome) -> None:
    deadline = time.monotonic() + PATIENCE
    while _under_way(play):
        if time.monotonic() > deadline:
            raise Wrong(f"has not ended after {PATIENCE:g} s: {lifecycle.last_words(play.folder)}")
        if play.supervised():
            _unpause(play)
            wait_until(lambda: not play.supervised(), 2.0)
        else:
            _go_on(play, outcome)
    with play.place.entered():
        lifecycle.resume(play.folder)  # where all had ended, and nobody was left to say so
    lifecycle.last_words(play.folder)  # which takes leave of the process


def _unpause(play: Play) -> None:
    try:
        lifecycle.send(play.folder, "unpause")
    except HpobenchError:
        return


def left(place: Place) -> Iterator[str]:
    """What is left of it that should not: processes, temporary files, anything in its folder but its own."""
    if not wait_until(lambda: not place.processes(), GRACE):
        yield f"left alive: {[' '.join(command)[:80] for command in place.processes().values()]}"
    temporary = place.root / "temporary"
    if files := sorted(path.name for path in temporary.rglob("*")):
        yield f"left in the temporary folder: {files[:5]}"
    own = {FILE, lock.FILE, lifecycle.LOG, "code"}
    more = [path.name for path in place.folder.iterdir() if path.name not in own and not path.name.startswith(".")]
    if more:
        yield f"left in its folder: {more[:5]}"


def resident(pid: int) -> float:
    """MB that a process holds; 0 if it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGESIZE") / 2**20

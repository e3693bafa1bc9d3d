"""Work that only lasts, for processes that are there to be watched."""

import time

from hpobench_tui.executors.activity import Phase
from hpobench_tui.executors.contract import Place


def serve(place: Place[float, str]) -> None:
    """A task is how many seconds it takes."""
    for seconds in place.tasks():
        place.phase(Phase.EVALUATING, 0)
        time.sleep(seconds)
        place.end("end")

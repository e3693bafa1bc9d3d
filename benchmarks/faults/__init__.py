"""Each fault that hpobench promises something about, really provoked: what is shown, lost, and what resume does.

A fault is a function that plays on a :class:`benchmarks.faults.stage.Stage` and returns what it observed there.
``docs/figures/faults.py`` writes the table.
"""

from collections.abc import Callable, Mapping

from benchmarks.faults import clusters, disks, plug_ins, signals, stores, strangers
from benchmarks.faults.stage import Observed, Stage

FAULTS: Mapping[str, Mapping[str, Callable[[Stage], Observed]]] = {
    "In a problem or an optimizer": plug_ins.FAULTS,
    "From outside": signals.FAULTS,
    "On a Dask cluster": clusters.FAULTS,
    "Of the disk": disks.FAULTS,
    "In the store": stores.FAULTS,
    "From strangers": strangers.FAULTS,
}
"""By where they come from, then by what they are."""

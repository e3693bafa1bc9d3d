"""How often it is written down where a run stands: what the recorder keeps to, and the audit holds it to.

After each of the first ``DENSE`` trials, then whenever a run is two per cent longer than at its last row; also whenever
the incumbent changes, and after the last trial.
"""

DENSE = 1000
SPACING = 50
"""A row each time a run is 1/SPACING longer than at the last one."""


def gap(number: int, dense: int = DENSE) -> int:
    """After how many more trials there must be another row, after one for trial ``number``."""
    return 1 if number < dense else max(number // SPACING, 1)

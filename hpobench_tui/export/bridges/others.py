"""cocopp's pages on the problems that are not COCO's: ``python other.py [-o FOLDER] other/ALGORITHM other/ALGORITHM``.

Written by hpobench beside the data (needs cocopp and six). cocopp knows no other suites than COCO's, and these data
pass as bbob's: here that name stands for them, with their own names and dimensions, and nothing to compare them with.
"""

import csv
import re
import sys
from pathlib import Path

MOST_DRAWN = 40
"""Letters of a problem's name above a picture."""


def main(arguments: list[str]) -> None:
    """Write the pages as ``python -m cocopp`` does with these arguments."""
    import cocopp
    from cocopp import testbedsettings

    with Path(__file__).with_name("problems.csv").open(encoding="utf-8", newline="") as table:
        problems = [row for row in csv.DictReader(table) if row["suite"] == "other"]
    names = {int(row["function"]): re.sub(r"[^\w/.,=+() -]", "_", row["problem"])[:MOST_DRAWN] for row in problems}
    dimensions = sorted({int(row["dimension"]) for row in problems})

    class Other(testbedsettings.GECCOBBOBTestbed):  # type: ignore[misc]
        """Problems of hpobench."""

        def __init__(self, target_values: object) -> None:
            super().__init__(target_values)
            self.name = "hpobench"
            self.short_names = names
            self.functions_with_legend = self.first_function_number, self.last_function_number = min(names), max(names)
            none = range(dimensions[-1] + 1, dimensions[-1] + 7 - len(dimensions))  # it wants six at least
            self.dimensions_to_display = (*dimensions, *none)
            self.rldDimsOfInterest = self.tabDimsOfInterest = tuple(dimensions)
            self.goto_dimension = dimensions[0]
            self.reference_algorithm_filename = self.reference_algorithm_displayname = None

    testbedsettings.Other = Other
    testbedsettings.suite_to_testbed["bbob"] = "Other"
    cocopp.main(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])

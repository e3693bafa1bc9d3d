"""Published trainings, replayed exactly on a simulated clock: ``tables/NAME``.

Complete grids (HPOBench's MLPs, FCNet, NAS-Bench-201), whose optimum is known, and learning curves of configurations
drawn at random (OpenCLIP, language models). Their data are the distribution ``hpobench-tables``; what is listed is read
from the JSON files in ``descriptions/`` alone, which ``tools/make_tables.py`` writes with the data.
"""

from hpobench_suites.tables.description import DESCRIPTIONS, info, read
from hpobench_tui.core import ProblemInfo

PROBLEMS: tuple[ProblemInfo, ...] = tuple(info(read(path.stem)) for path in sorted(DESCRIPTIONS.glob("*.json")))

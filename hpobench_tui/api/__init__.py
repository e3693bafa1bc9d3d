"""The Python API, as docs/api.md walks through it: a front end beside the command line and the app.

What is asked for wrongly raises :class:`HpobenchError`; what went wrong inside an experiment is warned of
(:class:`HpobenchWarning`), and stands in it.
"""

from hpobench_tui.api.experiment import Experiment
from hpobench_tui.api.functions import minimize
from hpobench_tui.api.start import open, run
from hpobench_tui.api.watch import HpobenchWarning
from hpobench_tui.core.errors import HpobenchError

__all__ = ["Experiment", "HpobenchError", "HpobenchWarning", "minimize", "open", "run"]

from hpobench_tui.api.check import check as check
from hpobench_tui.api.experiment import Experiment as Experiment
from hpobench_tui.api.functions import minimize as minimize
from hpobench_tui.api.start import open as open
from hpobench_tui.api.start import run as run
from hpobench_tui.api.watch import HpobenchWarning as HpobenchWarning
from hpobench_tui.core.errors import HpobenchError as HpobenchError

__version__: str

from hpobench_tui.api import Experiment as Experiment
from hpobench_tui.api import HpobenchError as HpobenchError
from hpobench_tui.api import HpobenchWarning as HpobenchWarning
from hpobench_tui.api import minimize as minimize
from hpobench_tui.api import open as open
from hpobench_tui.api import run as run

__version__: str

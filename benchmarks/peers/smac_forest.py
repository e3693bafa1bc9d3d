"""SMAC's facade for hyperparameter optimization by ask and tell: a random forest and log expected improvement.

It is told its number of trials beforehand, and plans a quarter of it (at most ten a hyperparameter) as its initial
design. It runs on one worker, without its files: it writes its scenario into a folder that is removed again.
"""

from collections import defaultdict, deque
from tempfile import TemporaryDirectory

from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory import StatusType, TrialInfo, TrialValue

from hpobench_baselines.third_party.translation import seed32
from hpobench_tui.core import Ask, Complete, Task, Trial, TrialStatus, Value
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.space import plain

TRIALS_WITHOUT_COUNT = 1000
"""What it is told to plan for where the budget does not count evaluations."""


class SmacForest:
    """At the library's defaults."""

    def __init__(self, task: Task) -> None:
        trials = int(task.budget.amount) if task.budget.unit is Unit.EVALUATIONS else TRIALS_WITHOUT_COUNT
        self._folder = TemporaryDirectory()
        task.space.seed(seed32(task.seed) >> 1)
        scenario = Scenario(
            task.space, deterministic=True, n_trials=trials, seed=seed32(task.seed) >> 1,
            output_directory=self._folder.name,
        )  # fmt: skip
        self._facade = HyperparameterOptimizationFacade(scenario, _never_called, overwrite=True, logging_level=False)
        self._pending: dict[frozenset[tuple[str, Value]], deque[TrialInfo]] = defaultdict(deque)

    def ask(self) -> Ask:
        try:
            info = self._facade.ask()
        except StopIteration:
            raise Complete from None
        configuration = plain(info.config)
        self._pending[frozenset(configuration.items())].append(info)
        return Ask(configuration)

    def tell(self, trial: Trial) -> None:
        info = self._pending[frozenset(trial.configuration.items())].popleft()
        if trial.loss is None or trial.status is TrialStatus.FAILED:
            value = TrialValue(cost=float("inf"), status=StatusType.CRASHED)
        else:
            value = TrialValue(cost=trial.loss)
        self._facade.tell(info, value, save=False)

    def close(self) -> None:
        """Remove its folder."""
        self._folder.cleanup()


def _never_called(config: object, seed: int = 0) -> float:
    raise AssertionError("trials are evaluated by whoever asked")

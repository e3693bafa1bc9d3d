"""The library dehb by its own ask and tell, on one worker: brackets in HpBandSter's rounding, promoted from scratch.

Its fidelities are floating-point numbers, rounded here. A trial that is not done is told as worse than all, but
finite, since it raises where all of a rung are infinite. It writes a log through a global logger, which is silenced,
into a folder that is removed again.
"""

from tempfile import TemporaryDirectory

from dehb import DEHB
from loguru import logger

from hpobench_baselines.third_party.translation import refuse_priors, seed32
from hpobench_tui.core import Ask, HpobenchError, NotReady, Task, Trial, TrialStatus
from hpobench_tui.core.space import plain

WORST = 1e300


class DehbLibrary:
    """At the library's defaults: eta = 3, mutation factor and crossover probability 0.5.

    Raises:
        HpobenchError: the problem has no fidelity or but one, or its space has forbiddens or priors.
    """

    def __init__(self, task: Task) -> None:
        refuse_priors(task.space, "dehb-library")
        if task.fidelity is None or task.fidelity.minimum == task.fidelity.maximum:
            raise HpobenchError("dehb-library needs a problem with more than one fidelity.")
        if task.space.forbidden_clauses:
            raise HpobenchError("dehb-library cannot take forbidden combinations.")
        task.space.seed(seed32(task.seed) >> 1)
        self._folder = TemporaryDirectory()
        self._dehb = DEHB(
            cs=task.space, min_fidelity=task.fidelity.minimum, max_fidelity=task.fidelity.maximum, n_workers=1,
            seed=seed32(task.seed), output_path=self._folder.name, save_freq="end",
        )  # fmt: skip
        logger.remove()
        self._fidelities = [round(float(f)) for f in self._dehb.fidelities]
        self._job: dict[str, object] | None = None

    def ask(self) -> Ask:
        if self._job is not None:
            raise NotReady
        self._job = job = self._dehb.ask()
        fidelity = round(float(job["fidelity"]))
        bracket = int(job["bracket_id"])
        first = bracket % len(self._fidelities)
        return Ask(plain(job["config"]), fidelity, bracket, self._fidelities.index(fidelity) - first)

    def tell(self, trial: Trial) -> None:
        done = trial.status is TrialStatus.DONE and trial.loss is not None
        self._dehb.tell(self._job, {"fitness": trial.loss if done else WORST, "cost": 0.0})
        self._job = None

    def close(self) -> None:
        """Remove its folder."""
        self._folder.cleanup()

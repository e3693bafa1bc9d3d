"""HpBandSter's BOHB (Falkner et al., ICML 2018, arXiv 1807.01774) and Hyperband by ask and tell.

The library's own master, name server and worker run (see ``hpbandster_threads``); its worker's ``compute`` waits for
``tell``. Brackets are Hyperband's in the library's rounding (``floor``), in integers: a rung's budget is R // eta^k, a
whole number of fidelity units at least the problem's minimum, where the library has the fraction R / eta^k.

*Outcomes.* A trial that is not done (failed, pruned, cut) has no loss at the fidelity that was asked, and is told as
crashed: an infinite loss, never promoted. Where too few of a rung survive, HpBandSter fills the next one up with new
configurations, which start there without continuing anything.

*Spaces.* BOHB has no ordinals: they become integer indices, as the library advises; so do the values of categoricals,
and constants are left out. Inactive hyperparameters are imputed by the library; which they are is not left to it
(``translation``), and where there is nothing to search there is no model. Forbidden combinations are refused, because
BOHB replaces each forbidden pick of its model by a random configuration with no more than a log line. Should that
happen for another reason, the run fails with the library's message.

*Seeds.* BOHB draws from NumPy's global state. Around each of its draws the global state is swapped for a private one,
so that nothing else in the process has an influence, or is influenced; meanwhile the thread that asks and tells
waits. With one worker the rest is deterministic.
"""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np
from hpbandster.core.base_config_generator import base_config_generator
from hpbandster.core.dispatcher import Job as ResultJob
from hpbandster.optimizers.config_generators import RandomSampling
from hpbandster.optimizers.config_generators.bohb import BOHB
from numpy.typing import NDArray

from hpobench_baselines.third_party.hpbandster_threads import Cluster, ConfigId, Job
from hpobench_baselines.third_party.translation import LibrarySpace, Translation, seed32
from hpobench_tui.core import Ask, Bracket, Configuration, HpobenchError, NotReady, Task, Trial, TrialStatus
from hpobench_tui.core.brackets import hyperband
from hpobench_tui.core.conditions import Rules
from hpobench_tui.core.space import plain

Floats: TypeAlias = NDArray[np.float64]


class _Reproducible:
    """Mixed into a generator of the library: private randomness, plain valid configurations, no silent fallback."""

    def private(self, task: Task, fallbacks: "_Fallbacks") -> None:
        """To be called once, before the first draw."""
        self._state = np.random.RandomState(seed32(task.seed)).get_state()
        self._fallbacks = fallbacks
        self._rules, self._translation = Rules(task.space), Translation(task.space)

    def get_config(self, budget: int) -> tuple[dict[str, float], Mapping[str, object]]:
        with self._own_randomness():
            configuration, info = super().get_config(budget)  # type: ignore[misc]
        if self._fallbacks.messages:
            raise RuntimeError(f"its model was replaced by random search: {self._fallbacks.messages[0]}")
        return self._masked(plain(configuration)), info

    def _masked(self, coded: Configuration) -> dict[str, float]:
        """What is active of the library's values for all hyperparameters."""
        active = self._rules.active(self._translation.values(coded))
        return {name: value for name, value in coded.items() if name in active}

    def new_result(self, job: ResultJob, update_model: bool = True) -> None:
        with self._own_randomness():
            super().new_result(job, update_model)  # type: ignore[misc]

    @contextmanager
    def _own_randomness(self) -> Iterator[None]:
        outside = np.random.get_state()
        np.random.set_state(self._state)
        try:
            with warnings.catch_warnings():
                # statsmodels divides by zero where only one category was seen, which the library expects.
                warnings.simplefilter("ignore")
                yield
        finally:
            self._state = np.random.get_state()
            np.random.set_state(outside)


class _BOHB(_Reproducible, BOHB):  # type: ignore[misc]
    """The library's BOHB generator, reproducible."""

    def impute_conditional_data(self, array: Floats) -> Floats:
        """As the library does, whose loop overlooks what is missing in the first column alone."""
        result = array.copy()
        for row in result:
            while len(missing := np.flatnonzero(np.isnan(row))):
                first = missing[0]
                known = np.flatnonzero(np.isfinite(array[:, first]))
                if len(known):
                    row[missing] = array[np.random.choice(known), missing]
                else:
                    row[first] = np.random.randint(t) if (t := self.vartypes[first]) else np.random.rand()
        return result


class _Random(_Reproducible, RandomSampling):  # type: ignore[misc]
    """The library's random generator, reproducible."""


class _Fallbacks(logging.Handler):
    """Keeps the library's notices that it took a random configuration in place of its model's."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if "using random configuration" in message.lower():
            self.messages.append(message)


class _HpBandSter:
    """Ask and tell over a cluster of the library's."""

    def __init__(self, task: Task, generator: base_config_generator, logger: logging.Logger) -> None:
        fidelity, eta = task.needed_fidelity("HpBandSter"), int(task.parameters["eta"])
        self._rules, self._translation = Rules(task.space), Translation(task.space)
        self._plan = hyperband(eta, fidelity.maximum, minimum=fidelity.minimum)
        fallbacks = _Fallbacks()
        logger.addHandler(fallbacks)
        generator.private(task, fallbacks)
        self._last: dict[ConfigId, int] = {}
        self._asked = False
        self._cluster = Cluster(generator, self._plan, logger)
        try:
            self._job = self._cluster.next_job()
        except RuntimeError:
            self._cluster.close()
            raise

    def plan(self) -> Sequence[Bracket]:
        """One cycle of brackets."""
        return self._plan

    def ask(self) -> Ask:
        """The job that the library's worker was given.

        Raises:
            NotReady: it was asked already and not told.
        """
        if self._asked:
            raise NotReady
        self._asked = True
        return self._ask(self._job)

    def tell(self, trial: Trial) -> None:
        """Let the worker return the loss, and wait until the library has learnt from it and wants the next trial.

        Raises:
            RuntimeError: the library failed.
        """
        self._last[self._job.config_id] = trial.number
        lost = trial.status is not TrialStatus.DONE or trial.loss is None
        self._cluster.result(float("inf") if lost or trial.loss is None else trial.loss)
        self._job = self._cluster.next_job()
        self._asked = False

    def close(self) -> None:
        """End the library's threads and close its sockets."""
        self._cluster.close()

    def _ask(self, job: Job) -> Ask:
        number = job.config_id[0]
        rungs = self._plan[number % len(self._plan)].rungs
        rung = next(i for i, r in enumerate(rungs) if r.fidelity == job.budget)
        configuration = self._rules.active(self._translation.values(job.config))
        return Ask(configuration, job.budget, number, rung, self._last.get(job.config_id))


class HpBandSterBOHB(_HpBandSter):
    """Parameters ``eta``, ``random_fraction``, ``top_n_percent`` and ``num_samples`` are the library's.

    Raises:
        HpobenchError: the problem has no fidelity, or forbidden combinations.
    """

    def __init__(self, task: Task) -> None:
        logger, space = _logger(), _library_space(task)
        if not len(space):
            super().__init__(task, _Random(space, logger=logger), logger)
            return
        generator = _BOHB(
            space,
            random_fraction=float(task.parameters["random_fraction"]),
            top_n_percent=int(task.parameters["top_n_percent"]),
            num_samples=int(task.parameters["num_samples"]),
            logger=logger,
        )
        super().__init__(task, generator, logger)


class HpBandSterHyperband(_HpBandSter):
    """Parameter ``eta``. As BOHB, without the model."""

    def __init__(self, task: Task) -> None:
        logger = _logger()
        super().__init__(task, _Random(_library_space(task), logger=logger), logger)


def _logger() -> logging.Logger:
    """A logger of our own, known to nobody else, that prints nothing."""
    logger = logging.Logger("hpbandster")
    logger.addHandler(logging.NullHandler())
    return logger


def _library_space(task: Task) -> LibrarySpace:
    if task.space.forbidden_clauses:
        raise HpobenchError("HpBandSter replaces forbidden picks of its model by random ones: forbiddens are refused.")
    if "__class__" in task.space:
        raise HpobenchError("HpBandSter's messages cannot carry a hyperparameter named '__class__'. Give another name.")
    return LibrarySpace(task.space, seed32(task.seed) >> 1)

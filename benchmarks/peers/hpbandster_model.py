"""HpBandSter's model of BOHB alone: its configuration generator in our brackets, without its threads and sockets.

What the library costs when its remote procedure calls are left out: ``get_config`` for each new configuration,
``new_result`` for each trial. The brackets are those of the library (variant ``floor``).
"""

import logging
from collections.abc import Hashable, Iterator
from contextlib import redirect_stdout
from io import StringIO

from hpbandster.core.dispatcher import Job
from hpbandster.optimizers.config_generators.bohb import BOHB

from hpobench_baselines.native.rungs import BracketCycle
from hpobench_baselines.third_party.translation import LibrarySpace, Translation, seed32
from hpobench_tui.core import Choice, Configuration, HpobenchError, Task, Trial
from hpobench_tui.core.brackets import hyperband
from hpobench_tui.core.conditions import Rules
from hpobench_tui.core.configuration import key_of
from hpobench_tui.core.space import plain

ETA = 3


class HpBandSterModel(BracketCycle):
    """At the library's defaults. Its draws from NumPy's global state are not isolated, so it is for timing only."""

    def __init__(self, task: Task) -> None:
        if task.fidelity is None:
            raise HpobenchError("hpbandster-model needs a problem with a fidelity.")
        self._rules, self._translation = Rules(task.space), Translation(task.space)
        space = LibrarySpace(task.space, seed32(task.seed) >> 1)
        self._generator = BOHB(space, logger=logging.Logger("hpbandster"))
        self._drawn: dict[Hashable, dict[str, Choice]] = {}
        self._most = task.fidelity.maximum
        super().__init__(hyperband(ETA, self._most, minimum=task.fidelity.minimum), self._draws())

    def tell(self, trial: Trial) -> None:
        job = Job(trial.number, config=self._drawn[key_of(trial.configuration)], budget=trial.fidelity)
        job.result = {"loss": float("inf") if trial.loss is None else trial.loss}
        self._generator.new_result(job)
        super().tell(trial)

    def _draws(self) -> Iterator[Configuration]:
        while True:
            with redirect_stdout(StringIO()):  # it prints what it stumbles over
                drawn, _ = self._generator.get_config(self._most)  # it takes its largest model whatever it is told
            coded = plain(drawn)
            configuration = self._rules.active(self._translation.values(coded))
            self._drawn[key_of(configuration)] = {name: v for name, v in coded.items() if name in configuration}
            yield configuration

"""The contract of an optimizer as a test suite. A plug-in's whole test is::

    from hpobench_tui.testing.optimizers import OptimizerConformance

    class TestMine(OptimizerConformance):
        info = my_plugin.MY_OPTIMIZER

pytest then drives the optimizer through ask and tell, on small spaces of every kind that its capabilities take.
The seed of the tests is ``seed``; assertions name the case and the trial that broke the contract.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

import numpy as np
import pytest

from hpobench_tui.core import (
    Ask,
    Budget,
    Complete,
    Configuration,
    NotReady,
    Optimizer,
    OptimizerInfo,
    Task,
    Trial,
    TrialStatus,
    Value,
)
from hpobench_tui.core.configuration import from_json
from hpobench_tui.core.optimizer import Closable, Lookable, Planned, Settled
from hpobench_tui.core.space import validator
from hpobench_tui.core.values import is_plain
from hpobench_tui.plugins import build_optimizer
from hpobench_tui.testing.examples import (
    EPOCHS,
    Case,
    conditional_space,
    forbidden_space,
    loss_of,
    mixed_space,
    numbers_space,
)

Outcome: TypeAlias = Callable[[int, Ask], Trial]
"""What becomes of the ask with that trial number."""


@dataclass
class Drive:
    """What a drive of an optimizer left: the asks, the trials they became, and whether it said Complete."""

    asks: list[Ask] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    complete: bool = False


class OptimizerConformance:
    """Subclass it with ``info``.

    Attributes:
        info: The optimizer under test.
        parameters: Settings other than the defaults, e.g. fewer start-up trials, to keep the tests fast.
        asks: How many asks each drive makes.
        seedless: Its asks do not depend on the seed (a grid).
        seed: Of every drive.
    """

    info: ClassVar[OptimizerInfo]
    parameters: ClassVar[Mapping[str, Value]] = {}
    asks: ClassVar[int] = 30
    seedless: ClassVar[bool] = False
    seed: ClassVar[int] = 2**62 + 20_240_229

    @classmethod
    def cases(cls) -> list[Case]:
        """The spaces that the capabilities take, the most demanding one last."""
        can = cls.info.capabilities
        spaces = [("numbers", numbers_space)]
        if can.categoricals:
            spaces.append(("mixed", mixed_space))
        if can.categoricals and can.forbiddens:
            spaces.append(("forbidden", forbidden_space))
        if can.categoricals and can.conditions:
            spaces.append(("conditional", conditional_space))
        cases = [] if can.needs_fidelity else [Case(name, space, None) for name, space in spaces]
        with_fidelity = [Case(f"{name}-epochs", space, EPOCHS) for name, space in spaces]
        return cases + (with_fidelity if can.multi_fidelity else with_fidelity[-1:])

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "case" in metafunc.fixturenames:
            metafunc.parametrize("case", self.cases(), ids=lambda case: case.name)

    @pytest.fixture
    def hardest(self) -> Case:
        return self.cases()[-1]

    def test_asks_are_valid(self, case: Case) -> None:
        """Every ask is legal, waits for nothing that is not pending, and Complete is final."""
        with self.built(case) as optimizer:
            drive = self.drive(optimizer, case, done)
            assert drive.asks, f"{case.name}: Complete at the first ask"
            if drive.complete:
                with pytest.raises(Complete):
                    optimizer.ask()

    def test_same_seed_same_asks(self, hardest: Case) -> None:
        """The seed decides all, whatever the global random state is and whatever else draws from it."""
        legacy, python = np.random.get_state(), random.getstate()
        try:
            first, second = (self.asks_with_global_seed(hardest, seed) for seed in (1, 2))
        finally:
            np.random.set_state(legacy)
            random.setstate(python)
        assert first == second

    def asks_with_global_seed(self, case: Case, seed: int) -> list[Ask]:
        """The asks of a drive whose objective reseeds the global random states."""

        def reseeding(number: int, ask: Ask) -> Trial:
            np.random.seed(seed + number)
            random.seed(seed + number)
            return done(number, ask)

        np.random.seed(seed)
        random.seed(seed)
        with self.built(case) as optimizer:
            return self.drive(optimizer, case, reseeding).asks

    def test_other_seed_other_asks(self, hardest: Case) -> None:
        """Another seed gives other asks, unless the optimizer is declared seedless."""
        sequences = []
        for seed in (self.seed, self.seed + 2**40):  # differs above 32 bits: all of the seed must count
            with self.built(hardest, seed) as optimizer:
                sequences.append(self.drive(optimizer, hardest, done).asks)
        assert (sequences[0] == sequences[1]) is self.seedless

    def test_survives_every_outcome(self, hardest: Case) -> None:
        """Failed, pruned and cut trials, with and without losses, from the first trial on."""
        with self.built(hardest) as optimizer:
            self.drive(optimizer, hardest, every_outcome)

    def test_survives_only_failures(self, hardest: Case) -> None:
        """Not one trial succeeds."""
        with self.built(hardest) as optimizer:
            self.drive(optimizer, hardest, lambda number, ask: made(number, ask, TrialStatus.FAILED, None))

    @pytest.mark.parametrize("loss", [0.0, 1e300, -1e300])
    def test_survives_constant_losses(self, hardest: Case, loss: float) -> None:
        """All losses are equal, also when they are huge."""
        with self.built(hardest) as optimizer:
            self.drive(optimizer, hardest, lambda number, ask: made(number, ask, TrialStatus.DONE, loss))

    def test_survives_huge_losses(self, hardest: Case) -> None:
        """Some losses are 1e300 or -1e300, whose squares and differences overflow."""

        def outcome(number: int, ask: Ask) -> Trial:
            huge = {1: 1e300, 3: -1e300}.get(number % 4)
            return done(number, ask) if huge is None else made(number, ask, TrialStatus.DONE, huge)

        with self.built(hardest) as optimizer:
            self.drive(optimizer, hardest, outcome)

    def test_restores_by_replay(self, hardest: Case) -> None:
        """A fresh instance fed the first half of a run, read back from JSON, goes on as the first one did."""
        with self.built(hardest) as optimizer:
            drive = self.drive(optimizer, hardest, done)
        half = len(drive.trials) // 2
        with self.built(hardest) as optimizer:
            for ask, trial in zip(drive.asks[:half], drive.trials[:half], strict=True):
                assert optimizer.ask() == ask
                configuration = from_json(json.dumps(dict(trial.configuration)))
                optimizer.tell(made(trial.number, ask, trial.status, trial.loss, trial.fidelity, configuration))
            for ask, trial in zip(drive.asks[half:], drive.trials[half:], strict=True):
                assert optimizer.ask() == ask
                optimizer.tell(trial)

    def test_takes_pending_trials(self, hardest: Case) -> None:
        """Where capabilities say so: up to four asks before the tells, told last first."""
        if not self.info.capabilities.pending:
            return  # the engine then never asks again before it has told
        with self.built(hardest) as optimizer:
            self.drive(optimizer, hardest, done, pending=4)

    @pytest.mark.parametrize("pending", [2, 7, 1000])
    def test_asks_ahead_what_it_would_ask(self, hardest: Case, pending: int) -> None:
        """Where it says so, its questions are the same whether those before were told in between or not."""
        with self.built(hardest) as optimizer:
            if not (self.info.capabilities.ahead or isinstance(optimizer, Settled)):
                return
            expected = self.drive(optimizer, hardest, every_outcome)
        with self.built(hardest) as optimizer:
            settled = optimizer.settled if isinstance(optimizer, Settled) else None
            drive = self.drive(optimizer, hardest, every_outcome, pending, settled or (lambda: pending))
        assert drive.asks == expected.asks
        assert drive.complete == expected.complete

    def test_look_changes_nothing(self, hardest: Case) -> None:
        """One that can be looked into asks the same if it is, and has one value for each configuration."""
        with self.built(hardest) as optimizer:
            if not isinstance(optimizer, Lookable):
                return
            expected = self.drive(optimizer, hardest, done).asks
        with self.built(hardest) as optimizer:
            assert isinstance(optimizer, Lookable)
            asks = []
            for number in range(len(expected)):
                asks.append(optimizer.ask())
                seen = [ask.configuration for ask in asks[-5:]]
                look = optimizer.look(seen)
                for part in (look.mean, look.deviation, look.middle, look.lower, look.upper, look.acquisition):
                    assert part is None or (len(part) == len(seen) and all(type(value) is float for value in part))
                optimizer.tell(done(number, asks[-1]))
        assert asks == expected

    def test_plan_holds(self, hardest: Case) -> None:
        """An optimizer with a plan asks brackets and rungs as planned while all trials succeed."""
        with self.built(hardest) as optimizer:
            if not isinstance(optimizer, Planned):
                return
            plan = optimizer.plan()
            drive = self.drive(optimizer, hardest, done)
        planned = [
            (number, index, rung.fidelity)
            for number in range(self.asks)
            for index, rung in enumerate(plan[number % len(plan)].rungs)
            for _ in range(rung.configurations)
        ]
        assert [(a.bracket, a.rung, a.fidelity) for a in drive.asks] == planned[: len(drive.asks)]

    def test_close_leaves_no_thread(self, hardest: Case) -> None:
        """After ``close``, called while a trial is pending, every thread that the optimizer started has ended."""
        before = set(threading.enumerate())
        with self.built(hardest) as optimizer:
            drive = self.drive(optimizer, hardest, done)
            if not drive.complete:
                optimizer.ask()
        deadline = time.monotonic() + 5.0
        while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not left, f"still alive: {sorted(thread.name for thread in left)}"

    @contextmanager
    def built(self, case: Case, seed: int | None = None) -> Iterator[Optimizer]:
        """A fresh optimizer for the case, closed afterwards."""
        budget = Budget.of(1000, "evaluations")
        settings = self.info.settings(self.parameters)
        task = Task(case.space(), case.fidelity, budget, self.seed if seed is None else seed, settings)
        optimizer = build_optimizer(self.info, task)
        try:
            yield optimizer
        finally:
            if isinstance(optimizer, Closable):
                optimizer.close()

    def drive(
        self, optimizer: Optimizer, case: Case, outcome: Outcome, pending: int = 1,
        settled: Callable[[], int] | None = None,
    ) -> Drive:  # fmt: skip
        """Ask and tell ``asks`` times or until Complete, with up to ``pending`` asks before tells; checks every ask.

        Args:
            settled: How many more can be asked before the first of those that are pending is told: then all are told
                in order, before any more is asked; None: those asked last are told first, one at a time.
        """
        result = Drive()
        invalid = validator(case.space())
        waiting: list[Trial] = []
        told: dict[int, Trial] = {}
        while len(result.asks) < self.asks or waiting:
            full = len(waiting) == pending or len(result.asks) == self.asks or (settled and waiting and settled() == 0)
            if not full and not result.complete:
                try:
                    ask = optimizer.ask()
                except NotReady:
                    assert waiting, f"{case.name}: NotReady at ask {len(result.asks)}, though nothing is pending"
                except Complete:
                    result.complete = True
                else:
                    self.check(ask, case, invalid, told, len(result.asks))
                    waiting.append(outcome(len(result.asks), ask))
                    result.asks.append(ask)
                    continue
            if not waiting:
                break
            for trial in [waiting.pop()] if settled is None else waiting:
                optimizer.tell(trial)
                told[trial.number] = trial
                result.trials.append(trial)
            if settled is not None:
                waiting.clear()
        return result

    def check(
        self,
        ask: Ask,
        case: Case,
        invalid: Callable[[Configuration], str | None],
        told: Mapping[int, Trial],
        number: int,
    ) -> None:
        """Assert all that must hold for one ask."""
        where = f"{self.info.name} on {case.name}, ask {number}: {ask}"
        assert isinstance(ask, Ask), where
        assert type(ask.configuration) is dict, f"{where}: the configuration must be a dict"
        strange = {n: type(v) for n, v in ask.configuration.items() if not is_plain(v)}
        assert not strange, f"{where}: values must be plain, not {strange}"
        reason = invalid(ask.configuration)
        assert reason is None, f"{where}: {reason}"
        if case.fidelity is None or not self.info.capabilities.multi_fidelity:
            assert ask.fidelity is None, f"{where}: must leave the fidelity to the engine"
        elif ask.fidelity is not None:
            assert type(ask.fidelity) is int, f"{where}: the fidelity must be an int"
            in_range = case.fidelity.minimum <= ask.fidelity <= case.fidelity.maximum
            assert in_range, f"{where}: the fidelity must be within {case.fidelity}"
        for index in (ask.bracket, ask.rung):
            assert index is None or (type(index) is int and index >= 0), where
        if ask.continues is not None:
            assert ask.continues in told, f"{where}: continues a trial that was not told"
            before = told[ask.continues]
            assert before.configuration == ask.configuration, f"{where}: continues another configuration: {before}"
            assert before.status is not TrialStatus.FAILED, f"{where}: continues a failed training"
            target = ask.fidelity or EPOCHS.maximum
            assert (before.fidelity or 0) < target, f"{where}: continues a training that is as far already: {before}"


def every_outcome(number: int, ask: Ask) -> Trial:
    """Failed, pruned and cut trials, with and without losses, and such that are done."""
    lower = None if ask.fidelity is None else max(1, ask.fidelity // 2)
    match number % 5:
        case 0:
            return made(number, ask, TrialStatus.FAILED, None)
        case 1:
            return made(number, ask, TrialStatus.PRUNED, loss_of(ask.configuration, lower), lower)
        case 2:
            return made(number, ask, TrialStatus.CUT, None, lower)
        case 3:
            return made(number, ask, TrialStatus.CUT, loss_of(ask.configuration, lower), lower)
    return done(number, ask)


def made(
    number: int,
    ask: Ask,
    status: TrialStatus,
    loss: float | None,
    fidelity: int | None = None,
    configuration: Configuration | None = None,
) -> Trial:
    """The trial that ``ask`` became."""
    return Trial(
        number=number,
        asked=number,
        configuration=ask.configuration if configuration is None else configuration,
        status=status,
        loss=loss,
        fidelity=ask.fidelity if fidelity is None else fidelity,
        bracket=ask.bracket,
        rung=ask.rung,
        error="RuntimeError: made to fail" if status is TrialStatus.FAILED else None,
    )


def done(number: int, ask: Ask) -> Trial:
    """The trial that ``ask`` became when all went well."""
    return made(number, ask, TrialStatus.DONE, loss_of(ask.configuration, ask.fidelity))


__all__: Sequence[str] = (
    "Case",
    "Drive",
    "OptimizerConformance",
    "conditional_space",
    "done",
    "forbidden_space",
    "loss_of",
    "made",
    "mixed_space",
    "numbers_space",
)

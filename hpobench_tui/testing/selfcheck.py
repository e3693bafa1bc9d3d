"""Checks that a problem is what its description says, on thousands of random draws: behind ``hpobench selfcheck``.

A draw is one configuration, trained to the full fidelity with a seed of its own, or, where losses depend on the round,
in a round of its own with one seed. Whatever the problem's code raises is a finding like any other, but for
:class:`TrainingError`, with which some trainings may end. Costly problems get fewer draws, and where not even
:data:`LEAST` trainings can be afforded, shorter ones.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from itertools import islice
from math import isfinite
from typing import TypeAlias

import numpy as np

from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.configuration import Choice, Configuration
from hpobench_tui.core.describe import describe
from hpobench_tui.core.errors import TrainingError
from hpobench_tui.core.problem import MinimisedProblem, Problem, ProblemInfo, Report, RoundProblem, Training
from hpobench_tui.core.seeds import derive
from hpobench_tui.core.space import samples, space_of, validator
from hpobench_tui.plugins import load_problem
from hpobench_tui.testing import reports
from hpobench_tui.testing.disagreement import disagreements
from hpobench_tui.testing.problems import ProblemConformance
from hpobench_tui.testing.verdict import CHECKS, LEAST, Effort, Selfcheck, Tally, plan

CHUNK = 256
COSTED = 100
"""Draws whose costs are compared over fidelities."""
PLAYERS, ROUNDS = 8, 500
"""Fixed choices that are held against the comparator of a problem with rounds, and for how long."""

Starter: TypeAlias = Callable[[Configuration, int], Training]


def selfcheck(
    info: ProblemInfo,
    draws: int = 10_000,
    seed: int = 0,
    limit: float = 20.0,
    advanced: Callable[[float], None] = lambda share: None,
) -> Selfcheck:
    """Check one problem. Raises nothing but interrupts, whatever the problem does.

    Args:
        draws: How many configurations to draw, if they can be afforded.
        seed: Decides the draws and all seeds that the problem gets.
        limit: About how many seconds the draws may take.
        advanced: Told the share that is done.
    """
    planned = plan(info, draws, limit)
    fidelity = planned.fidelity if info.fidelity else None
    if reason := missing(info):
        return Selfcheck(info.id, 0, fidelity, {}, (), 0.0, reason)
    started = time.perf_counter()
    checker = _Checker(info, planned, derive(seed, "selfcheck", info.id), limit, advanced)
    with redirect_stdout(StringIO()):  # what problems print has no place in a table or in JSON
        checker.run()
    return Selfcheck(
        problem=info.id,
        draws=checker.drawn,
        fidelity=fidelity,
        verdicts={name: tally.verdict for name, tally in checker.tallies.items()},
        notes=checker.notes,
        findings=tuple(finding for name, tally in checker.tallies.items() for finding in tally.findings(name)),
        seconds=time.perf_counter() - started,
    )


class _Checker:
    def __init__(
        self, info: ProblemInfo, planned: Effort, seed: int, limit: float, advanced: Callable[[float], None]
    ) -> None:
        self.tallies = {name: Tally() for name in CHECKS}
        self.drawn = 0
        self.notes: tuple[str, ...] = ()
        self._info, self._planned, self._seed, self._limit, self._advanced = info, planned, seed, limit, advanced
        self._device = "cpu" if "cpu" in info.devices else info.devices[0] if info.devices else "cpu"

    def run(self) -> None:
        """All checks; one that raises does not stop the others."""
        if not self._contained("contract", self._load):
            return
        self._check_contract()
        self._advanced(0.1)
        self._contained("finite", self._check_draws)
        if self._info.costs and self._info.fidelity is not None:
            for number, configuration in enumerate(islice(self._draws(), min(COSTED, self.drawn))):
                self._contained("cost", partial(self._check_costs, configuration, number), configuration)
        if isinstance(self._problem, RoundProblem):
            for configuration in islice(self._draws(), min(PLAYERS, self.drawn)):
                self._contained("bound", partial(self._play, configuration), configuration)
        if isinstance(self._problem, MinimisedProblem):
            self._contained("optimum", self._check_minimisers)
        self._advanced(1.0)

    def _contained(
        self, check: str, method: Callable[[], object], configuration: Configuration | None = None, where: str = ""
    ) -> bool:
        """Whether the method came to its end; what it raised is a finding of that check."""
        try:
            method()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's code
            self.tallies[check].fault(type(error).__name__, f"{where}raised {describe(error)}", configuration)
            return False
        return True

    def _load(self) -> None:
        self._problem = load_problem(self._info)
        self._start, self._start_again = self._starter(self._problem), self._starter(load_problem(self._info))
        self._space = space_of(self._problem)
        self._valid = validator(self._space)
        next(self._draws())
        self.notes = disagreements(space_of(self._problem), self._seed)

    def _starter(self, problem: Problem) -> Starter:
        """A function that starts a training of the draw with a number; decided once, as the question is not cheap."""
        if isinstance(problem, RoundProblem):
            start_round = problem.start_round
            return lambda configuration, number: start_round(dict(configuration), self._seed, self._device, number)
        start, first = problem.start, self._seed
        return lambda configuration, number: start(dict(configuration), (first + number) % 2**63, self._device)

    # --- the checks ---

    def _check_contract(self) -> None:
        tally = self.tallies["contract"]
        if not __debug__:
            tally.fault("-O", "cannot be checked: Python runs without assertions (-O, PYTHONOPTIMIZE)")
            return
        trained = self._planned.seconds / (2 * self._planned.draws)
        attributes = {
            "info": self._info,
            "configurations": max(1, min(10, int(self._limit / (10 * trained)))),
            "max_fidelity_checked": self._planned.fidelity,
            "seed": self._seed % 2**32,
        }
        suite: type[ProblemConformance] = type("Suite", (ProblemConformance,), attributes)
        for name in (name for name in dir(ProblemConformance) if name.startswith("test_")):
            tally.looked += 1
            says = name.removeprefix("test_").replace("_", " ")
            self._contained("contract", partial(self._one_test, suite(), name, says), where=f"{says}: ")

    def _one_test(self, case: ProblemConformance, name: str, says: str) -> None:
        try:
            case.setup_method()
            getattr(case, name)()
        except AssertionError as error:
            self.tallies["contract"].fault(name, f"{says}: {error}" if str(error) else f"not so: {says}")

    def _check_draws(self) -> None:
        """What is drawn is evaluated in order, then in chunks from the end with the problem that was loaded again."""
        deadline = time.perf_counter() + self._limit
        draws = self._draws()
        while self.drawn < self._planned.draws:
            done: list[tuple[int, dict[str, Choice], Report]] = []
            for configuration in islice(draws, min(CHUNK, self._planned.draws - self.drawn)):
                report = self._evaluate(configuration, self.drawn)
                if report is not None:
                    done.append((self.drawn, configuration, report))
                self.drawn += 1
                if self.drawn >= LEAST and time.perf_counter() > deadline:
                    break
            for number, configuration, report in reversed(done):
                self._replay(configuration, number, report)
            self._advanced(0.1 + 0.8 * self.drawn / self._planned.draws)
            if self.drawn >= LEAST and time.perf_counter() > deadline:
                return

    def _evaluate(self, configuration: dict[str, Choice], number: int) -> Report | None:
        """The report of a draw, with what it says judged; None if there is none worth a replay."""
        tally, info = self.tallies["finite"], self._info
        try:
            report = self._start(configuration, number).advance(self._planned.fidelity)
        except TrainingError:
            return None
        except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's code
            tally.fault(type(error).__name__, f"raised {describe(error)}", configuration)
            return None
        tally.looked += 1
        if type(report) is not Report:
            tally.fault("type", f"advance must return a Report, not {report!r}", configuration)
            return None
        if complaint := no_number(report):
            tally.fault(complaint.partition(" ")[0], complaint, configuration)
            return report
        if info.loss_range and not within(report.loss, *info.loss_range):
            low, high = info.loss_range
            message = f"loss {report.loss!r} is outside the stated range from {low!r} to {high!r}"
            tally.fault("range", message, configuration)
        if info.costs:
            self.tallies["cost"].looked += 1
            if complaint := reports.wrong_costs([self._planned.fidelity], [report.cost], None):
                self.tallies["cost"].fault("value", complaint, configuration)
        elif report.cost is not None:
            self.tallies["cost"].fault("undeclared", f"cost {report.cost!r}, but declared without costs", configuration)
        value = reports.noise_free(report, info, self._planned.fidelity)
        if info.reference.exact and value is not None:
            self.tallies["bound"].looked += 1
            reference = info.reference.loss
            if value < reference - reports.TOLERANCE * max(1.0, abs(reference)):
                self.tallies["bound"].fault("beaten", f"{value!r} beats the optimum {reference!r}", configuration)
        return report

    def _replay(self, configuration: dict[str, Choice], number: int, first: Report) -> None:
        tally = self.tallies["replay"]
        tally.looked += 1
        try:
            second = self._start_again(configuration, number).advance(self._planned.fidelity)
            if not reports.same(first, second):
                tally.fault("differs", f"draw {number}: {first} and then {second}", configuration)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's code
            tally.fault("raised", f"draw {number}: {first}, and then raised {describe(error)}", configuration)

    def _check_costs(self, configuration: Configuration, number: int) -> None:
        """Over fidelities; each single cost was looked at when it was drawn."""
        fidelity = self._info.fidelity
        if fidelity is None:
            return
        rungs = reports.ladder(fidelity.minimum, self._planned.fidelity)
        try:
            fresh = [self._start(configuration, number).advance(rung).cost for rung in rungs]
        except TrainingError:
            return
        steps = None
        if reports.advanced_in_steps(fidelity):
            training = self._start(configuration, number)
            steps = [training.advance(rung).cost for rung in rungs]
        if complaint := reports.wrong_costs(rungs, fresh, steps):
            self.tallies["cost"].fault("fidelities", complaint, configuration)

    def _play(self, configuration: Configuration) -> None:
        """One configuration in all rounds loses at least what the comparator loses."""
        tally = self.tallies["bound"]
        lost = comparator = 0.0
        for round in range(min(ROUNDS, self.drawn)):
            report = self._start(configuration, round).advance(self._planned.fidelity)
            if report.reference is None:
                return
            tally.looked += 1
            lost += report.loss if report.truth is None else report.truth
            comparator += report.reference
            if lost < comparator - reports.TOLERANCE * (round + 1):
                sums = f"{lost!r} in all, the comparator {comparator!r}"
                tally.fault("comparator", f"played in rounds 0 to {round}, it loses {sums}", configuration)
                return

    def _check_minimisers(self) -> None:
        if isinstance(self._problem, MinimisedProblem):
            for configuration in self._problem.minimisers():
                self._contained("optimum", partial(self._check_minimiser, configuration), configuration)

    def _check_minimiser(self, configuration: Configuration) -> None:
        tally, reference = self.tallies["optimum"], self._info.reference.loss
        if invalid := self._valid(configuration):
            tally.fault("invalid", f"a stated minimiser is not valid: {invalid}", configuration)
            return
        report = self._start(configuration, 0).advance(self._planned.fidelity)
        value = reports.noise_free(report, self._info, self._planned.fidelity)
        if value is None:
            return
        tally.looked += 1
        if not reports.attains(value, reference, reports.MINIMISER_TOLERANCE):
            message = f"{value!r} at a stated minimiser, the reference is {reference!r}"
            tally.fault("missed", message, configuration)

    def _draws(self) -> Iterator[dict[str, Choice]]:
        return samples(self._space, np.random.default_rng(self._seed))


def no_number(report: Report) -> str | None:
    """Which value of a report is not a finite number, or None."""
    if not (isinstance(report.loss, (int, float)) and isfinite(report.loss)):
        return f"loss {report.loss!r} is not a finite float or int"
    for name, value in (("truth", report.truth), ("cost", report.cost), ("reference", report.reference)):
        if value is not None and not (isinstance(value, (int, float)) and isfinite(value)):
            return f"{name} {value!r} is not a finite float or int"
    return None


def within(loss: float, low: float, high: float) -> bool:
    """Whether the loss lies in the range, but for round-off."""
    slack = reports.TOLERANCE * max([1.0, *(abs(bound) for bound in (low, high) if isfinite(bound))])
    return low - slack <= loss <= high + slack

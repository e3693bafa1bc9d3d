"""The public conformance suite for problems. A plug-in's test is three lines:

    class TestMine(ProblemConformance):
        info = my_plugin.SPHERE

pytest collects the inherited tests; nothing here needs pytest itself. Configurations and seeds are drawn at random;
the draw is printed (pytest shows it with a failure) and fixed by the environment variable ``HPOBENCH_TEST_SEED``.
A drawn configuration may rightly fail, with a :class:`~hpobench_tui.core.TrainingError`, if it always does; the default
configuration and stated minimisers may not.
"""

import os
import pickle
import pkgutil
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import cache, cached_property
from itertools import islice
from math import isfinite, isinf
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from hpobench_tui import own_files
from hpobench_tui.core.configuration import Choice, Configuration
from hpobench_tui.core.errors import TrainingError
from hpobench_tui.core.parameter import settings
from hpobench_tui.core.problem import MinimisedProblem, Problem, ProblemInfo, Report, RoundProblem, Training
from hpobench_tui.core.space import default, dimensions_of, samples, space_of, validator
from hpobench_tui.plugins import load_problem, read_variant
from hpobench_tui.testing import reports

if TYPE_CHECKING:
    pass

SEED_VARIABLE = "HPOBENCH_TEST_SEED"
LARGEST_PICKLE = 10_000
"""Bytes. A description is sent to every worker and listed on every screen."""


@cache
def drawing_seed() -> int:
    """The seed of this process's draws: the environment variable's, or a random one."""
    given = os.environ.get(SEED_VARIABLE)
    return int(given) if given else secrets.randbits(32)


class ProblemConformance:
    """What every problem must keep. Subclass it, name it ``Test...`` and set ``info``.

    Attributes:
        info: The problem under test.
        configurations: How many random configurations a test looks at. Lower it for a costly problem.
        max_fidelity_checked: The highest fidelity that a test trains to; None is the problem's maximum. Below the
            maximum, a problem that reports no ``truth`` is not held against its reference.
        repeats: How many seeds are tried at most until a noisy problem must have shown its noise.
        tolerance: How far below an exact reference a loss may lie, relative to the reference where that exceeds 1.
        minimiser_tolerance: How far from the reference the loss at a stated minimiser may lie, likewise.
        device: Where to run; "" is "cpu" if the problem knows it, else the device it prefers.
        seed: The seed of the draws; None: that of the process.
    """

    info: ClassVar[ProblemInfo]
    configurations: ClassVar[int] = 10
    max_fidelity_checked: ClassVar[int | None] = None
    repeats: ClassVar[int] = 300
    tolerance: ClassVar[float] = reports.TOLERANCE
    minimiser_tolerance: ClassVar[float] = reports.MINIMISER_TOLERANCE
    device: ClassVar[str] = ""
    seed: ClassVar[int | None] = None

    def setup_method(self) -> None:
        """Print how to draw the same again."""
        print(f"To repeat these draws: {SEED_VARIABLE}={self._drawing_seed}")

    # --- the description ---

    def test_description_is_plain_and_small(self) -> None:
        """It crosses process boundaries unchanged, and cheaply."""
        pickled = pickle.dumps(self.info)
        assert pickle.loads(pickled) == self.info
        assert len(pickled) < LARGEST_PICKLE, f"{self.info.id}: the description takes {len(pickled)} bytes"
        assert isfinite(self.info.reference.loss), f"{self.info.id}: the reference loss must be finite"
        assert self.info.reference.source, f"{self.info.id}: the reference must name its source"
        assert self.info.seconds > 0, f"{self.info.id}: a full evaluation cannot take {self.info.seconds} s"
        assert self.info.devices, f"{self.info.id}: no device to run on"

    def test_parameters_give_this_description(self) -> None:
        """What makes the variants' descriptions makes this one, too, from this one's parameters."""
        if not self.info.parameters:
            return
        owner = f"problem {self.info.id!r}"
        own = own_files.is_own(self.info.load)
        assert self.info.vary or own, f"{owner} has parameters, but no `vary` to set them"
        _, written = read_variant(self.info.id)
        readers = {p.name: p for p in self.info.parameters}
        for parameter in self.info.parameters:
            parameter.check(parameter.default, owner)
        given = {name: readers[name].read(text, owner) for name, text in written.items()}
        chosen = settings(self.info.parameters, given, owner)
        made = own_files.varied(self.info, chosen) if own else pkgutil.resolve_name(str(self.info.vary))(**chosen)
        if written:  # the id of a variant is overwritten
            made = replace(made, id=self.info.id)
        assert made == self.info, f"{owner}: `vary` gives {made}, not {self.info}"

    # --- the space ---

    def test_dimensions_match_the_space(self) -> None:
        """The counts that are listed are those of the space."""
        found = dimensions_of(self._problem.space())
        assert found == self.info.dimensions, f"the space has {found}, the description says {self.info.dimensions}"

    def test_space_is_built_anew(self) -> None:
        """An optimizer may seed the space that it gets, so nobody else may hold it."""
        first, second = self._problem.space(), self._problem.space()
        assert first is not second, "space() must build a new space each time"
        assert first == second, f"space() gives different spaces: {first}, {second}"

    def test_configurations_are_valid(self) -> None:
        """The default configuration, and what is drawn, pass the check that every ask passes."""
        check = validator(space_of(self._problem))
        for configuration in (default(self._problem.space()), *self._draws()):
            assert check(configuration) is None, f"{configuration}: {check(configuration)}"

    # --- trainings ---

    def test_reports_are_finite_plain_values(self) -> None:
        """A loss at the lowest fidelity for the default and for random configurations, in types that a store takes."""
        self._check_report(default(self._problem.space()))
        for configuration in self._draws():
            with suppress(TrainingError):
                self._check_report(configuration)

    def test_configuration_is_left_alone(self) -> None:
        """It belongs to the caller, who stores it after the evaluation."""
        for configuration in self._draws():
            before = dict(configuration)
            with suppress(TrainingError):
                self._report(configuration, self._seed(0), self._lowest)
            assert configuration == before, f"{before} was changed to {configuration}"

    def test_same_arguments_give_same_reports(self) -> None:
        """Bit for bit, also from a problem that is loaded again; what fails, fails again in the same words."""
        again = load_problem(self.info)
        for number, configuration in enumerate(self._draws()):
            first = reports.ending(self._starter(configuration, number), self._lowest)
            second = reports.ending(self._starter(configuration, number, again), self._lowest)
            assert reports.same(first, second), f"{configuration}: {first} and then {second}"

    def test_trainings_do_not_disturb_each_other(self) -> None:
        """Two trainings side by side report what each reports alone: no shared generator, no shared state."""
        two = (default(self._problem.space()), next(self._draws()))
        starters = [self._starter(c, n) for n, c in enumerate(two)]
        alone = [reports.ending(starter, self._lowest) for starter in starters]
        together = [starter() for starter in starters]
        for report, training in reversed(list(zip(alone, together, strict=True))):
            other = reports.ending(lambda training=training: training, self._lowest)  # type: ignore[misc]
            assert reports.same(report, other), f"alone {report}, beside another {other}"

    def test_two_steps_give_what_one_gives(self) -> None:
        """Advancing to r and then to R reports the loss, metrics and truth of advancing to R."""
        if self._highest == self._lowest or not self._advanced_in_steps:
            return
        rng = np.random.default_rng(self._drawing_seed)
        for number, configuration in enumerate(self._draws()):
            stop = int(rng.integers(self._lowest, self._highest))
            at_once = reports.ending(self._starter(configuration, number), self._highest)
            stepwise = reports.ending(self._starter(configuration, number), stop, self._highest)
            # The cost is that of the last advance, and differs rightly; so may what is said of a failure.
            alike = isinstance(at_once, str) and isinstance(stepwise, str)
            assert alike or reports.same(at_once, stepwise, cost=False), (
                f"{configuration}: {at_once}, by way of {stop} {stepwise}"
            )

    def test_noise_is_as_declared(self) -> None:
        """Without noise all seeds give one loss; with noise some two do not, be it of few configurations alone."""
        draws = samples(self._problem.space(), np.random.default_rng(self._drawing_seed))
        for number in range(1, self.repeats if self.info.noisy else self.configurations):
            configuration = next(draws)
            try:
                first, second = (self._report(configuration, self._seed(n), self._lowest) for n in (0, number))
            except TrainingError:
                continue
            if not self.info.noisy:
                assert first.loss == second.loss, f"{configuration}: declared noise-free; {first.loss}, {second.loss}"
            elif first.loss != second.loss:
                return
        assert not self.info.noisy, f"{self.info.id}: declared noisy, but {self.repeats} seeds gave the same losses"

    def test_nothing_beats_an_exact_reference(self) -> None:
        """No truth (or, without noise, no loss at full fidelity) lies below an exact reference loss."""
        if not self.info.reference.exact:
            return
        reference = self.info.reference.loss
        bound = reference - self.tolerance * max(1.0, abs(reference))
        for number, configuration in enumerate(self._draws()):
            with suppress(TrainingError):
                report = self._report(configuration, self._seed(number), self._highest)
                value = reports.noise_free(report, self.info, self._highest)
                assert value is None or value >= bound, f"{configuration}: {value} beats {self.info.reference}"

    def test_minimisers_attain_the_reference(self) -> None:
        """The stated minimisers are valid, and their noise-free losses are the reference."""
        if not isinstance(self._problem, MinimisedProblem):
            return
        check, reference = validator(self._problem.space()), self.info.reference
        for configuration in self._problem.minimisers():
            assert check(configuration) is None, f"minimiser {configuration}: {check(configuration)}"
            report = self._report(configuration, self._seed(0), self._highest)
            value = reports.noise_free(report, self.info, self._highest)
            near = value is None or reports.attains(value, reference.loss, self.minimiser_tolerance)
            assert near, f"minimiser {configuration}: {value}, not {reference}"

    def test_costs_are_as_declared(self) -> None:
        """Reports state their costs if the description says so; they grow with the fidelity and add up over pauses."""
        for number, configuration in enumerate(self._draws()):
            with suppress(TrainingError):
                self._check_costs(configuration, number)

    # --- rounds ---

    def test_rounds_depend_on_seed_and_round_alone(self) -> None:
        """Also out of order, with two seeds in turn, and from a problem that is loaded again."""
        problem, again = self._problem, load_problem(self.info)
        if not isinstance(problem, RoundProblem) or not isinstance(again, RoundProblem):
            return
        seeds = (self._seed(0), self._seed(1))
        questions = [(c, seed, n) for n, c in enumerate(self._draws()) for seed in seeds]
        first = self._round_reports(problem, questions)
        second = self._round_reports(again, reversed(questions))
        for (configuration, _, round), one, other in zip(questions, first, reversed(second), strict=True):
            assert type(one) is Report, f"round {round}, {configuration}: must be a Report, not {one!r}"
            assert reports.same(one, other), f"round {round}, {configuration}: {one} and then {other}"

    def test_references_depend_on_seed_and_round_alone(self) -> None:
        """In one round, the comparator loses the same whatever is chosen."""
        if not isinstance(self._problem, RoundProblem):
            return
        draws = list(self._draws())
        for round in range(len(draws)):
            questions = [(configuration, self._seed(0), round) for configuration in draws]
            references = {repr(report.reference) for report in self._round_reports(self._problem, questions)}
            assert len(references) <= 1, f"round {round}: the reference depends on the configuration: {references}"

    # --- help ---

    def _check_report(self, configuration: Configuration) -> None:
        report = self._report(configuration, self._seed(0), self._lowest)
        assert type(report) is Report, f"{configuration}: advance must return a Report, not {type(report)}"
        assert isfinite(report.loss), f"{configuration}: loss {report.loss}"
        assert report.truth is None or isfinite(report.truth), f"{configuration}: truth {report.truth}"
        assert report.cost is None or report.cost >= 0, f"{configuration}: cost {report.cost}"
        assert report.reference is None or isfinite(report.reference), f"{configuration}: {report.reference}"
        assert not any(map(isinf, report.metrics.values())), f"{configuration}: metrics {report.metrics}"
        for value in (report.loss, *report.metrics.values(), report.truth or 0.0, report.cost or 0.0):
            assert type(value) in (float, int), f"{configuration}: {value!r} is a {type(value)}, not a float"
        assert all(type(name) is str for name in report.metrics), f"metrics: {report.metrics}"
        assert reports.same(pickle.loads(pickle.dumps(report)), report), f"{report} does not survive pickling"

    def _check_costs(self, configuration: Configuration, number: int) -> None:
        rungs = reports.ladder(self._lowest, self._highest) if self.info.costs else [self._lowest]
        fresh = [self._report(configuration, self._seed(number), rung).cost for rung in rungs]
        if not self.info.costs:
            assert fresh == [None] * len(fresh), f"{configuration}: declared without costs, but reports {fresh}"
            return
        steps = None
        if self._advanced_in_steps:
            training = self._starter(configuration, number)()
            steps = [training.advance(rung).cost for rung in rungs]
        complaint = reports.wrong_costs(rungs, fresh, steps)
        assert complaint is None, f"{configuration}: {complaint}"

    @cached_property
    def _problem(self) -> Problem:
        return load_problem(self.info)

    @property
    def _device(self) -> str:
        return self.device or ("cpu" if "cpu" in self.info.devices else self.info.devices[0])

    @property
    def _advanced_in_steps(self) -> bool:
        return reports.advanced_in_steps(self.info.fidelity)

    @property
    def _lowest(self) -> int:
        return self.info.fidelity.minimum if self.info.fidelity else 1

    @property
    def _maximum(self) -> int:
        return self.info.fidelity.maximum if self.info.fidelity else 1

    @property
    def _highest(self) -> int:
        return min(self._maximum, self.max_fidelity_checked or self._maximum)

    @property
    def _drawing_seed(self) -> int:
        return drawing_seed() if self.seed is None else self.seed

    def _draws(self) -> "islice[dict[str, Choice]]":
        rng = np.random.default_rng(self._drawing_seed)
        return islice(samples(self._problem.space(), rng), self.configurations)

    def _seed(self, number: int) -> int:
        return (self._drawing_seed * 1_000_003 + number) % 2**63

    def _starter(
        self, configuration: Configuration, number: int, problem: Problem | None = None
    ) -> Callable[[], Training]:
        made = problem or self._problem
        return lambda: made.start(dict(configuration), self._seed(number), self._device)

    def _report(self, configuration: Configuration, seed: int, fidelity: int) -> Report:
        return self._problem.start(configuration, seed, self._device).advance(fidelity)

    def _round_reports(
        self, problem: RoundProblem, questions: Iterable[tuple[Configuration, int, int]]
    ) -> list[Report]:
        return [
            problem.start_round(dict(configuration), seed, self._device, round).advance(self._lowest)
            for configuration, seed, round in questions
        ]

"""Experiment files, and whatever else says what they say, turned into a ``core`` experiment: :func:`experiment_of`.

::

    name = "first-look"
    problems = ["bandits", "synthetic/ackley[d=10]", { name = "bbob/f01-sphere", d = 3 }]   # ids, suites, or "bbob/*"
                                                     # or "./mine.py:Sphere", in a file of your own: front.files
    optimizers = ["random", { name = "hyperband", label = "hyperband-ceil", variant = "ceil" }]
    repetitions = 5
    seed = 0
    only = "0-2"                                              # of the repetitions, if the others are run elsewhere
    shard = "3/8"                                             # the third of eight parts, likewise
    impossible = "skip"                                       # or "error" (default)
    record = 1000                                             # store so many trials a run, then telling ones only
    together = 16                                             # trials of a run on a GPU; or "auto" (default)
    evaluations = 4                                           # trials of a run pending, each in a process of its own
    synchronous = true                                        # in rounds of so many
    curves = true                                             # learning curves at each step, also if nobody stops early
    report = "quintic report"                                 # a plug-in's command to end a headless run with

    [budget]
    amount = 200
    unit = "evaluations"

    [budgets."mnist_cnn/lecture-2k"]                          # a problem (or suite) with a budget of its own
    amount = 18
    unit = "fidelity"

    [simulation]                                              # a simulated clock, see core.simulation
    workers = 8
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from hpobench_tui import plugins
from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.compatibility import missing, not_side_by_side, not_simulated, refusal
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.errors import HpobenchError, unknown
from hpobench_tui.core.experiment import LONGEST_NAME, MAX_RUNS, Contender, Experiment, Limits, left_out
from hpobench_tui.core.nearest import shown, some
from hpobench_tui.core.optimizer import OptimizerInfo
from hpobench_tui.core.own_code import OwnCode, joined
from hpobench_tui.core.patterns import is_pattern, matcher, parse_repetitions
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.shards import Shard
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.engine.front import files, toml
from hpobench_tui.engine.front.fields import BudgetSpec, OptimizerSpec, ProblemSpec, Spec, complaints
from hpobench_tui.executors import devices
from hpobench_tui.executors.cluster import address


def load(path: Path, **overrides: object) -> Experiment:
    """The experiment that a TOML file describes.

    Raises:
        HpobenchError: unreadable file, bad TOML, or anything :func:`build` refuses.
    """
    return parse(toml.read(path), str(path), path.parent, **overrides)


def parse(text: str, where: str, base: Path | None = None, **overrides: object) -> Experiment:
    """The experiment that a TOML text describes, but for what is overridden; ``where`` names it in errors.

    Args:
        base: What paths in the text are relative to; None: the working directory, as of those in ``overrides``.
    """
    try:
        data = toml.parse(text)
    except HpobenchError as error:
        raise HpobenchError(f"{where}: {error}") from error
    return of_data({**data, **{key: from_here(value) for key, value in overrides.items()}}, where, base)


def of_data(data: Mapping[str, object], where: str, base: Path | None = None, elsewhere: bool = False) -> Experiment:
    """The experiment that a file with this data describes; ``where`` and ``base`` as in :func:`parse`.

    Args:
        elsewhere: It is run on another machine, which has a GPU if it needs one.
    """
    try:
        return experiment_of(Spec.model_validate(data), base, elsewhere=elsewhere)
    except ValidationError as error:
        raise HpobenchError("\n".join(f"{where}: {line}" for line in complaints(error))) from error
    except HpobenchError as error:
        raise HpobenchError(f"{where}: {error}") from error


def build(
    name: str,
    problems: Sequence[str | Mapping[str, Value]],
    optimizers: Sequence[str | Mapping[str, Value]],
    budget: Budget | None = None,
    code: OwnCode | None = None,
    **settings: object,
) -> Experiment:
    """The experiment of ``build("x", ["bandits"], ["random", {"name": "grid", "label": "g"}], budget, seed=3)``.

    Args:
        code: Of a person's own files, what was found before and is named by its ids.
        settings: What else a file may hold, under its key: plain, or as a ``Budget``, ``Limits`` or ``Simulation``. If
            nothing is said of ``impossible``, pairs that cannot run are left out.

    Raises:
        HpobenchError: as :func:`experiment_of`, and for what is of the wrong type.
    """
    given = {"name": name, "problems": list(problems), "optimizers": list(optimizers), "budget": budget}
    try:
        return experiment_of(Spec.model_validate({"impossible": "skip", **given, **settings}), code=code)
    except ValidationError as error:
        raise HpobenchError("\n".join(complaints(error))) from error


def experiment_of(
    spec: Spec, base: Path | None = None, code: OwnCode | None = None, elsewhere: bool = False
) -> Experiment:
    """What files, presets, the app's form and Python come to: checked against what is registered and installed.

    Args:
        base: What paths to a person's own files are relative to; None: the working directory.
        code: As in :func:`build`.
        elsewhere: As in :func:`of_data`.

    Raises:
        HpobenchError: unknown problem, optimizer, parameter or unit; a number out of its range; missing extra;
            impossible pair.
    """
    spec, found = with_own_files(spec, base or Path.cwd())
    code = joined(code, found) if code else found
    problems, notes = chosen(spec.problems, code)
    contenders, more_notes = contenders_of(spec.optimizers, code)
    labels = Counter(contender.label for contender in contenders)
    if repeated := sorted(label for label, count in labels.items() if count > 1):
        raise HpobenchError(f"label of an optimizer: {some(repeated)} appears more than once; give each its own label.")
    simulation = Simulation(**spec.simulation.model_dump()) if spec.simulation else None
    evaluations = None if spec.evaluations == 1 else spec.evaluations
    experiment = Experiment(
        name=spec.name,
        problems=tuple(p.id for p in problems),
        contenders=contenders,
        budgets=budgets_of(spec.budget, spec.budgets, problems),
        repetitions=spec.repetitions,
        seed=spec.seed,
        device=spec.device,
        workers=spec.workers,
        limits=Limits(**spec.limits.model_dump()),
        simulation=simulation,
        record=spec.record,
        together=None if spec.together == "auto" else spec.together,
        curves=spec.curves,
        report=spec.report and report(spec.report),
        evaluations=evaluations,
        synchronous=spec.synchronous and spec.evaluations != 1,
        skipped=tuple(refused_pairs(problems, contenders, simulation, code, evaluations)),
        notes=(*notes, *more_notes),
        only=None if spec.only is None else _only(spec.only, spec.repetitions),
        shard=None if spec.shard is None else Shard.read(spec.shard),
        code=code,
    )
    if experiment.skipped and spec.impossible == "error":
        reasons = "; ".join(line.removeprefix("left out: ") for line in left_out(experiment.skipped))
        raise HpobenchError(f'impossible: {reasons}. Take them out, or set impossible = "skip".')
    return check(experiment, elsewhere)


def _only(text: str, repetitions: int) -> tuple[int, ...] | None:
    """The repetitions that are run here; None: all."""
    spans = parse_repetitions(text, "only")
    if beyond := [high for _, high in spans.ranges if high >= repetitions]:
        raise HpobenchError(f"only: there is no repetition {beyond[0]}; repetitions are 0-{repetitions - 1}.")
    found = tuple(spans.below(repetitions))
    return None if len(found) == repetitions else found


def with_own_files(spec: Spec, base: Path) -> tuple[Spec, OwnCode]:
    """The same with the ids of what it names in a person's own files; and their code."""
    wanted: list[files.Wanted] = []
    places: list[tuple[str, int]] = []
    for key, kind in (("problems", "problem"), ("optimizers", "optimizer")):
        for place, entry in enumerate(getattr(spec, key)):
            name = entry if isinstance(entry, str) else entry.name
            if files.is_reference(name):
                reference = files.read(name, base)
                if kind == "problem" and not isinstance(entry, str):
                    if twice := reference.given.keys() & (entry.model_extra or {}).keys():
                        raise HpobenchError(f"problem {name!r}: {', '.join(sorted(twice))} is set twice.")
                    reference.given.update(entry.model_extra or {})
                wanted.append(files.Wanted(kind, name, reference))
                places.append((key, place))
    if not wanted:
        return spec, OwnCode()
    code, ids = files.code_of(wanted)
    entries: dict[str, list[str | ProblemSpec | OptimizerSpec]] = {
        "problems": list(spec.problems), "optimizers": list(spec.optimizers),
    }  # fmt: skip
    named = dict(zip((each.written for each in wanted), ids, strict=True))
    for (key, place), name in zip(places, ids, strict=True):
        entry = entries[key][place]
        entries[key][place] = entry.model_copy(update={"name": name}) if isinstance(entry, OptimizerSpec) else name
    budgets = {named.get(name, name): budget for name, budget in spec.budgets.items()}
    return spec.model_copy(update={**entries, "budgets": budgets}), code


def from_here(value: object, base: Path = Path()) -> object:
    """What stands in a file or an override, with paths that do not depend on ``base``."""
    if isinstance(value, str):
        return files.from_here(value, base)
    if isinstance(value, Mapping) and isinstance(name := value.get("name"), str):
        return {**value, "name": files.from_here(name, base)}
    return [from_here(entry, base) for entry in value] if isinstance(value, (list, tuple)) else value


def report(name: str) -> str:
    """The name of a command that reports on experiments.

    Raises:
        HpobenchError: there is none of that name.
    """
    reports = {info.name: info for info in plugins.commands() if info.experiment}
    if name not in reports:
        raise unknown("report", name, sorted(reports), plugins.commands().suspects(name))
    return name


def check(experiment: Experiment, elsewhere: bool = False) -> Experiment:
    """The experiment, if this machine can run it; ``elsewhere``: if it only lacks a GPU.

    Raises:
        HpobenchError: missing extras, a missing GPU, nothing to run, or too many runs.
    """
    registry, own = plugins.problems().beside(experiment.code.problems), experiment.code.optimizers
    infos = [registry[p] for p in experiment.problems]
    others = plugins.optimizers().beside(own)
    optimizers = [others[name] for name in dict.fromkeys(c.optimizer for c in experiment.contenders)]
    reports = [info for info in plugins.commands() if info.name == experiment.report]
    if reason := missing(*infos, *optimizers, *reports):
        raise HpobenchError(f"{reason}.")
    if not elsewhere and (experiment.device == devices.CUDA or any(devices.CPU not in info.devices for info in infos)):
        found = bool(devices.gpus() or address.named())  # of a cluster, who runs there finds out
        for info in infos:
            devices.resolve(experiment.device, info, found)
    if experiment.evaluations and (cluster := address.named()) and cluster.local:
        raise HpobenchError(
            f"evaluations on {cluster}: those of one machine need no cluster; leave --dask out (and unset"
            f" {address.VARIABLE}), or name a scheduler."
        )
    if check_runs(experiment) == 0:
        raise HpobenchError(f"nothing is left to run: {'; '.join(left_out(experiment.skipped))}.")
    for info in infos:
        check_budget(info, experiment.budgets[info.id], experiment.simulation)
    return experiment


def check_runs(experiment: Experiment) -> int:
    """How many runs its whole matrix has, without making them: they may be many.

    Raises:
        HpobenchError: more than a store has numbers for.
    """
    runs = experiment.size()
    if runs > MAX_RUNS:
        raise HpobenchError(
            f"{runs} runs are more than the {MAX_RUNS} that one experiment may have; give fewer repetitions, problems"
            " or optimizers."
        )
    return runs


def check_budget(info: ProblemInfo, budget: Budget, simulation: Simulation | None) -> None:
    """Refuse a budget that a problem cannot be run with.

    Raises:
        HpobenchError: it counts what the clock does not, or pays for nothing.
    """
    _refuse_clock(budget, simulation)
    smallest = info.fidelity.minimum if info.fidelity and budget.unit.counts_fidelity else 1
    if budget.quanta(info.fidelity) < smallest:
        raise HpobenchError(f"budget: {budget} does not pay for a single trial of {info.id} (at least {smallest}).")


def _refuse_clock(budget: Budget, simulation: Simulation | None) -> None:
    if budget.unit is Unit.SIMULATED_SECONDS and simulation is None:
        raise HpobenchError(f"budget: {budget} need a simulated clock; add a [simulation], or use seconds.")
    if budget.unit is Unit.SECONDS and simulation is not None:
        raise HpobenchError(
            f"budget: {budget} are real ones, but the clock is simulated; use simulated-seconds or device-seconds."
        )


def refused_pairs(
    problems: Iterable[ProblemInfo], contenders: Sequence[Contender], simulation: Simulation | None, code: OwnCode,
    evaluations: int | None = None,
) -> Iterable[tuple[str, str, str]]:  # fmt: skip
    """(problem, label, reason) of every pair that cannot run."""
    registry = plugins.optimizers().beside(code.optimizers)
    optimizers = {name: registry[name] for name in {contender.optimizer for contender in contenders}}
    for problem in problems:
        reasons = {
            name: _refusal(problem, optimizer, simulation, evaluations) for name, optimizer in optimizers.items()
        }
        if any(reasons.values()):
            for contender in contenders:
                if reason := reasons[contender.optimizer]:
                    yield problem.id, contender.label, reason


def _refusal(
    problem: ProblemInfo, optimizer: OptimizerInfo, simulation: Simulation | None, evaluations: int | None
) -> str | None:
    reason = refusal(problem, optimizer)
    if reason is None and simulation is not None:
        reason = not_simulated(problem, optimizer, simulation)
    if reason is None and evaluations is not None:
        reason = not_side_by_side(optimizer, evaluations)
    return reason


def chosen(specs: Sequence[str | ProblemSpec], code: OwnCode | None = None) -> tuple[list[ProblemInfo], list[str]]:
    """The problems, each once, and what a person must know of how they were named."""
    found: dict[str, ProblemInfo] = {}
    notes: list[str] = []
    registry = plugins.problems().beside(code.problems if code else {})
    for spec in specs:
        for named in _chosen(spec, registry):
            info = registry[named.id]
            if info.id != named.id:
                notes.append(f"{named.id} is another name of {info.id}, and runs under that.")
            if info.id in found:
                notes.append(f"{info.id} is named more than once; it runs once.")
            found[info.id] = info
    return list(found.values()), list(dict.fromkeys(notes))


def _chosen(spec: str | ProblemSpec, registry: plugins.Registry[ProblemInfo]) -> list[ProblemInfo]:
    """What an entry of ``problems`` names: one, a variant of one, or a suite, without other names of its problems."""
    if isinstance(spec, str) and spec in registry.found:
        return [registry.found[spec]]
    suites = sorted({info.suite for info in registry})
    if isinstance(spec, str) and spec in suites:
        return [info for info in registry if info.suite == spec and info.same_as is None]
    name = spec if isinstance(spec, str) else spec.name
    if is_pattern(name) and isinstance(spec, str):
        like = matcher(name)
        found = [info for info in registry if like(info.id) and info.same_as is None]
        return found or [registry[name]]  # which says what there is
    base, given = plugins.read_variant(name)
    if base in suites:
        raise HpobenchError(f"{base!r} is a suite, which is named as text and takes no parameters; its problems may.")
    if base not in registry.found:
        raise registry.unknown(base, also={"suites": suites})
    extra: Mapping[str, Value] = (spec.model_extra or {}) if isinstance(spec, ProblemSpec) else {}
    if twice := given.keys() & extra.keys():
        raise HpobenchError(f"problem {name!r}: {', '.join(sorted(twice))} is set twice.")
    return [plugins.variant(registry.found[base], {**given, **extra})]


def contenders_of(specs: Sequence[str | OptimizerSpec], code: OwnCode) -> tuple[tuple[Contender, ...], list[str]]:
    """The contenders, and what a person must know of how they were named."""
    registry = plugins.optimizers().beside(code.optimizers)
    found: list[Contender] = []
    notes: list[str] = []
    for spec in specs:
        if not isinstance(spec, str) or not is_pattern(spec):
            found.append(_contender(spec, code))
            continue
        like = matcher(spec)
        infos = [info for info in registry if like(info.name)] or [registry[spec]]
        for info in infos:
            if any(contender.label == info.name for contender in found):
                continue
            if reason := missing(info):
                notes.append(f"{spec} stands for {info.name}, too, which is left out: {reason}.")
            else:
                found.append(_contender(info.name, code))
    return tuple(found), notes


def contenders(given: Sequence[str | Mapping[str, object]]) -> tuple[tuple[Contender, ...], OwnCode]:
    """Contenders as entries of a file name them, and their code where it stands in a person's own files.

    Raises:
        HpobenchError: they do not.
    """
    try:
        wanted = Spec.model_validate({"name": "-", "problems": ["-"], "optimizers": list(given)})
    except ValidationError as error:
        raise HpobenchError("\n".join(complaints(error))) from None
    wanted, code = with_own_files(wanted, Path.cwd())
    return contenders_of(wanted.optimizers, code)[0], code


def _contender(spec: str | OptimizerSpec, code: OwnCode) -> Contender:
    registry = plugins.optimizers().beside(code.optimizers)
    if isinstance(spec, str):
        name, settings = plugins.read_variant(spec)
        known = {parameter.name: parameter for parameter in registry[name].parameters}
        read = {key: known[key].read(text, name) if key in known else text for key, text in settings.items()}
        spec = OptimizerSpec.model_validate({**read, "name": name})
    info = registry[spec.name]
    extra: Mapping[str, Value] = spec.model_extra or {}
    parameters = info.settings(extra)
    given = ",".join(f"{name}={value}" for name, value in extra.items())
    label = spec.label or (f"{spec.name}[{given}]" if given else spec.name)
    if not label.isprintable() or label.startswith("_") or label != label.strip():
        raise HpobenchError(f"label {shown(label)}: use printable characters, no '_' or blank at the beginning.")
    if len(label) > LONGEST_NAME:
        what = f"label of {spec.name} (`label = …` sets it)"
        raise HpobenchError(f"{what}: at most {LONGEST_NAME} characters, not {len(label)}: {shown(label)}.")
    return Contender(spec.name, label, parameters)


def budgets_of(
    common: BudgetSpec | None, own_of: Mapping[str, BudgetSpec], problems: Sequence[ProblemInfo]
) -> dict[str, Budget]:
    """Each problem's budget: its own, that of its suite, or the common one.

    Raises:
        HpobenchError: one has none, or there is one of something else.
    """
    names = {info.id: (info.id, info.id.partition("[")[0], info.suite) for info in problems}  # the closest first
    known = {name for own in names.values() for name in own}
    given = {}
    for name, budget in own_of.items():
        registry = plugins.problems()
        canonical = registry[name].id if name not in known and ("[" in name or name in registry.found) else name
        if canonical not in known:
            raise unknown("problem in budgets", name, sorted(known), "It is none of those that the file names.")
        given[canonical] = budget
    budgets = {}
    for info in problems:
        own = next((given[name] for name in names[info.id] if name in given), common)
        if own is None:
            raise HpobenchError(f"budget: none for {info.id}; add a [budget] with an amount and a unit.")
        budgets[info.id] = own.budget()
    return budgets

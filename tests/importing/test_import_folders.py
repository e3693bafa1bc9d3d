"""Folders that the real tools wrote: COCO, IOHprofiler, SMAC, HpBandSter. And what is no such folder, or broken.

``data/coco``: 40 random points on two functions in three instances, by coco-experiment 2.8.2; ``data/smac``: SMAC 2.4.1
on a quadratic function that fails where n is 9 (``hpo``), and with budgets 1 to 9 (``mf``). Everything else is written
here, by the tools that are installed.
"""

import json
import random
import shutil
import tarfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories import history, run_row, store
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import TrialStatus
from hpobench_tui.export.bundle import export
from hpobench_tui.importing import bohb, coco, formats, ioh, smac
from hpobench_tui.importing.contract import ImportedRun, ImportedTrial

DATA = Path(__file__).parent / "data"


def read(module: ModuleType, path: Path) -> list[tuple[ImportedRun, list[ImportedTrial]]]:
    return [(run, list(run.trials)) for run in module.runs(path, {})]


def best(trials: list[ImportedTrial]) -> float:
    return min(trial.loss for trial in trials if trial.loss is not None)


# COCO


def test_coco_s_own_reader_finds_the_same() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cocopp import pproc

        indexed = [pproc.DataSetList(str(path)) for path in sorted((DATA / "coco").glob("*.info"))]
    sets = {(each.funcId, each.dim): each for one in indexed for each in one}
    found = read(coco, DATA / "coco")
    assert len(found) == 6
    for run, trials in found:
        function = int(run.problem.removeprefix("bbob/f")[:2])
        instance = int(run.problem.partition("instance=")[2].rstrip("]") or 1)
        own = sets[function, 2]
        place = list(own.instancenumbers).index(instance)
        assert run.reference == 0.0
        assert run.evaluations == int(own.maxevals[place]) == 40
        assert best(trials) == pytest.approx(float(own.finalfunvals[place]), rel=1e-9)
        for row in own.evals:  # when each of cocopp's targets was reached
            reached = [t.number + 1 for t in trials if t.loss is not None and t.loss <= row[0]]
            assert (min(reached) if reached else np.nan) == pytest.approx(row[1 + place], nan_ok=True)


def test_coco_problems_are_ours() -> None:
    names = {run.problem for run, _ in read(coco, DATA / "coco")}
    assert names == {f"bbob/{name}[d=2{instance}]" for name in ("f01-sphere", "f08-rosenbrock")
                     for instance in ("", ",instance=2", ",instance=3")}  # fmt: skip


OLD = """\
funcId = 10, DIM = 5, Precision = 1.000e-08, Fopt = -5.494e+01, algId = 'a %, old one'
% whatever, and more
data_f10/a_f10_DIM5.dat, 1:5|2.5e-01, 1:7|1.0e-09
"""
OLD_DATA = """\
% function evaluation | noise-free fitness - Fopt (-5.494e+01) | best noise-free fitness - Fopt | measured fitness
1 +3.0e+01 +3.0e+01 -2.4e+01 -2.4e+01 +1.0 +2.0
3 +2.5e-01 +2.5e-01 -5.4e+01 -5.4e+01 +1.0 +2.0
5 +9.0e+00 +2.5e-01 -4.5e+01 -5.4e+01 +1.0 +2.0
% function evaluation | noise-free fitness - Fopt (-5.494e+01) | best noise-free fitness - Fopt | measured fitness
2 +4.0e+01 +4.0e+01 -2.4e+01 -2.4e+01 +1.0 +2.0
7 +1.0e-09 +1.0e-09 -5.4e+01 -5.4e+01 +1.0 +2.0
"""


def old(folder: Path, index: str = OLD, data: str = OLD_DATA) -> Path:
    (folder / "data_f10").mkdir(parents=True)
    (folder / "a_f10.info").write_text(index)
    (folder / "data_f10" / "a_f10_DIM5.dat").write_text(data)
    return folder


def test_the_old_form_of_coco(tmp_path: Path) -> None:
    (one, first), (other, second) = read(coco, old(tmp_path / "a"))
    assert one.label == "a %, old one"
    assert [(t.number, t.loss) for t in first] == [(0, 30.0), (2, 0.25), (4, 0.25)]
    assert [(t.number, t.loss) for t in second] == [(1, 40.0), (6, 1e-9)]
    assert (one.evaluations, other.evaluations, one.problem) == (5, 7, "bbob/f10-ellipsoid-rotated")


@pytest.mark.parametrize("ending", [".zip", ".tgz", ".tar"])
def test_archives_are_read_and_not_unpacked(tmp_path: Path, ending: str) -> None:
    folder, archive = old(tmp_path / "a"), tmp_path / f"a{ending}"
    if ending == ".zip":
        with zipfile.ZipFile(archive, "w") as made:
            for file in folder.rglob("*.*"):
                made.write(file, file.relative_to(tmp_path))
    else:
        with tarfile.open(archive, "w:gz" if ending == ".tgz" else "w") as made:
            made.add(folder, "a")
    wanted = read(coco, folder)
    shutil.rmtree(folder)
    assert formats.recognised(archive) == "coco"
    assert [trials for _, trials in read(coco, archive)] == [trials for _, trials in wanted]
    assert [file.name for file in tmp_path.iterdir()] == [archive.name]


@pytest.mark.parametrize(
    ("index", "data", "said"),
    [
        (OLD.replace("1:7|1.0e-09", "1:x"), OLD_DATA, ":3: must be instance:evaluations"),
        (OLD.replace(", 1:7|1.0e-09", ""), OLD_DATA, "has more"),
        (OLD.replace("1.0e-09", "1.0e-09, 2:9|1"), OLD_DATA, "it lists 3 runs"),
        (OLD.replace("a_f10_DIM5.dat", "../../../etc/passwd"), OLD_DATA, "is not in the folder"),
        ("suite = 'bbob-biobj', " + OLD, OLD_DATA, "several objectives"),
        ("suite = 'bbob-constrained', " + OLD, OLD_DATA, "count constraints"),
        (OLD, OLD_DATA.replace("3 +2.5e-01 +2.5e-01", "3 +2.5e-01 nonsense"), ":3: the best value must be a number"),
        (OLD, OLD_DATA.replace("\n5 ", "\n2 "), "evaluation 2 comes after 3"),
        (OLD, OLD_DATA.replace("\n5 ", "\n5.5 "), "evaluations must be a whole number"),
        (OLD, OLD_DATA.partition("\n")[2], ":1: a header"),
        (OLD.partition("\n")[2], OLD_DATA, "must come first"),
    ],
)
def test_what_is_wrong_with_a_folder_of_coco_is_said(tmp_path: Path, index: str, data: str, said: str) -> None:
    with pytest.raises(HpobenchError) as error:
        read(coco, old(tmp_path / "a", index, data))
    assert said in str(error.value)


# IOHprofiler


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[float]]]:
    """A folder of IOHexperimenter's analyzer; and all values of each run."""
    experimenter = pytest.importorskip("ioh")
    root, drawn, values = tmp_path_factory.mktemp("ioh"), random.Random(3), []
    logger = experimenter.logger.Analyzer(
        root=str(root), folder_name="all", algorithm_name="my search", store_positions=True
    )
    for instance in (1, 2):
        problem = experimenter.get_problem(4, instance, 3, experimenter.ProblemClass.BBOB)
        problem.attach_logger(logger)
        for _ in range(2):
            found = []
            for _ in range(30):
                value = problem([drawn.uniform(-5, 5) for _ in range(3)])
                found.append(value - problem.optimum.y)
            values.append(found)
            problem.reset()
    logger.close()
    return root / "all", values


def test_a_folder_of_ioh(logged: tuple[Path, list[list[float]]]) -> None:
    folder, values = logged
    assert formats.recognised(folder) == "ioh"
    found = read(ioh, folder)
    assert [run.problem for run, _ in found] == ["bbob/f04-buche-rastrigin[d=3]"] * 2 + [
        "bbob/f04-buche-rastrigin[d=3,instance=2]"
    ] * 2
    for (run, trials), own in zip(found, values, strict=True):
        assert (run.label, run.evaluations, run.reference) == ("my search", 30, 0.0)
        assert best(trials) == pytest.approx(min(own), abs=1e-9)
        assert all(trial.loss == pytest.approx(own[trial.number], abs=1e-9) for trial in trials)
        assert trials[0].configuration.keys() == {"x0", "x1", "x2"}


def test_iohinspector_finds_the_same(logged: tuple[Path, list[list[float]]]) -> None:
    inspector = pytest.importorskip("iohinspector")
    manager = inspector.DataManager()
    manager.add_folder(str(logged[0]))
    frame = manager.load(monotonic=True, include_meta_data=True)
    theirs = sorted(own["raw_y"].min() for _, own in frame.group_by("data_id"))
    assert sorted(best(trials) for _, trials in read(ioh, logged[0])) == pytest.approx(theirs)


def index(**changes: object) -> dict[str, object]:
    return {
        "version": "0.3.5", "function_id": 7, "function_name": "<b>odd</b>\n", "maximization": True,
        "algorithm": {"name": "a"}, "scenarios": [
            {"dimension": 2, "path": "data/a.dat", "runs": [{"instance": 1, "evals": 4, "best": {"evals": 2, "y": 5}}]}
        ],
    } | changes  # fmt: skip


def ioh_folder(folder: Path, told: object, data: str) -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "IOHprofiler_f7_odd.json").write_text(json.dumps(told))
    (folder / "data" / "a.dat").write_text(data)
    return folder


def test_maximised_values_become_losses(tmp_path: Path) -> None:
    ((run, trials),) = read(ioh, ioh_folder(tmp_path / "a", index(), "evaluations raw_y p\n1 2 0.5\n2 5 nan\n4 inf 1"))
    assert [(t.number, t.loss, t.status) for t in trials] == [
        (0, -2.0, TrialStatus.DONE), (1, -5.0, TrialStatus.DONE), (3, None, TrialStatus.FAILED),
    ]  # fmt: skip
    assert [dict(t.metrics) for t in trials] == [{"p": 0.5}, {}, {"p": 1.0}]
    assert run.reference is None
    assert "negatives" in run.notes[0]


@pytest.mark.parametrize(
    ("told", "data", "said"),
    [
        ([], "", "an index has scenarios"),
        (index(scenarios=[{"dimension": 0, "runs": []}]), "", "dimension must be a whole number from 1"),
        (index(scenarios=[{"dimension": 2, "path": "../../a", "runs": [{}]}]), "", "not in the folder"),
        (index(), "1 2\n", ":1: a header"),
        (index(), "evaluations raw_y\n1 2\nevaluations raw_y\n1 2\n", "has more"),
        (index(), "", "has 0"),
        (index(), "evaluations value\n1 2\n", "needs the column raw_y"),
        (index(), "evaluations raw_y\n1 2 3\n", "3 values for 2 columns"),
        (index(), "evaluations raw_y\n0 2\n", "from 1 on"),
        (index(), "evaluations raw_y\n5 2\n3 1\n", "comes after 5"),
    ],
)
def test_what_is_wrong_with_a_folder_of_ioh_is_said(tmp_path: Path, told: object, data: str, said: str) -> None:
    with pytest.raises(HpobenchError) as error:
        read(ioh, ioh_folder(tmp_path / "a", told, data))
    assert said in str(error.value)


# SMAC


def test_smac_without_budgets() -> None:
    ((run, trials),) = read(smac, DATA / "smac" / "hpo")
    told = json.loads((DATA / "smac" / "hpo" / "runhistory.json").read_text())
    ended = [entry for entry in told["data"] if entry["status"] != 0]
    assert (run.problem, run.label, run.fidelity, run.noisy) == ("quad", "smac", None, False)
    assert len(trials) == len(ended)
    assert best(trials) == min(entry["cost"] for entry in ended if entry["status"] == 1)
    failed = [trial for trial in trials if trial.status is TrialStatus.FAILED]
    assert [trial.configuration["n"] for trial in failed] == [9] * len(failed)
    assert str(failed[0].error).startswith("CRASHED: ValueError('nine')\nTraceback")


def test_smac_with_budgets() -> None:
    ((run, trials),) = read(smac, DATA / "smac" / "mf")
    assert (run.fidelity, run.unit, run.minimum, run.maximum) == ("budget", "fidelity", 1, 9)
    assert {trial.fidelity for trial in trials} == {1, 3, 9}
    for trial in trials:
        assert trial.loss == pytest.approx((trial.configuration["x"] - 0.3) ** 2 + 1 / trial.fidelity)


OLD_HISTORY = {
    "data": [
        [[1, None, 0, 2.5], [0.5, 1.5, {"__enum__": "StatusType.SUCCESS"}, 10.0, 11.5, {}]],
        [[2, None, 0, 5.0], [9e9, 2.5, {"__enum__": "StatusType.CAPPED"}, 8.0, 10.5, {"error": "late"}]],
        [[2, None, 1, 5.0], [0.25, 2.5, {"__enum__": "StatusType.SUCCESS"}, 12.0, 14.5, {}]],
    ],
    "configs": {"1": {"x": 1, "gone": None}, "2": {"x": 2}},
}


def test_smac_of_old(tmp_path: Path) -> None:
    (tmp_path / "runhistory.json").write_text(json.dumps(OLD_HISTORY))
    ((run, trials),) = read(smac, tmp_path)
    assert [(t.configuration, t.loss, t.fidelity, t.seconds) for t in trials] == [
        ({"x": 2}, None, 50, 2.5), ({"x": 1}, 0.5, 25, 1.5), ({"x": 2}, 0.25, 50, 2.5),
    ]  # fmt: skip
    assert (run.noisy, run.fidelity, trials[0].error) == (True, "budget / 10", "CAPPED: late")
    assert "10ths" in run.notes[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data": 3}, "has data, a list"),
        ({"configs": {}}, "not in configs"),
        ({"data": [[1, 2]]}, "no entry of a run history"),
        ({"data": [[1, None, 0, None, [1.0, 2.0], 1, 1, 0, 1, {}]]}, "2 costs"),
        ({"data": [[1, None, 0, None, "much", 1, 1, 0, 1, {}]]}, "cost must be a number"),
        ({"data": [[1, None, 0, None, 1.0, 1, 17, 0, 1, {}]]}, "status must be"),
        ({"data": [[1, None, 0, -4.0, 1.0, 1, 1, 0, 1, {}]]}, "a budget must be above 0"),
    ],
)
def test_what_is_wrong_with_a_run_history_is_said(tmp_path: Path, change: dict[str, object], said: str) -> None:
    (tmp_path / "runhistory.json").write_text(json.dumps(OLD_HISTORY | change))
    with pytest.raises(HpobenchError) as error:
        read(smac, tmp_path)
    assert said in str(error.value)


# BOHB


@pytest.fixture(scope="module")
def banded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What HpBandSter's own logger writes."""
    result = pytest.importorskip("hpbandster.core.result")
    from hpbandster.core.dispatcher import Job

    folder = tmp_path_factory.mktemp("bohb") / "svm"
    logger = result.json_result_logger(str(folder))
    for number in range(4):
        logger.new_config((0, 0, number), {"C": 2.0**number, "kernel": "rbf"}, {"model_based_pick": False})
    for number, budget, fails in ((0, 1.0, False), (1, 1.0, True), (2, 3.0, False), (3, 9.0, False)):
        job = Job((0, 0, number), budget=budget, kwargs={})
        job.kwargs = {"budget": budget}
        job.timestamps = {"submitted": number, "started": number + 0.5, "finished": number + 2.0}
        job.result = None if fails else {"loss": 1 / (number + 1), "info": {"accuracy": 0.5, "note": "text"}}
        job.exception = "Traceback (most recent call last):\n  …\nValueError: singular" if fails else None
        logger(job)
    return folder


def test_a_folder_of_bohb(banded: Path) -> None:
    assert formats.recognised(banded) == "bohb"
    ((run, trials),) = read(bohb, banded)
    assert (run.problem, run.label, run.unit, run.minimum, run.maximum) == ("svm", "bohb", "fidelity", 1, 9)
    assert [(t.loss, t.fidelity, t.seconds) for t in trials] == [
        (1.0, 1, 1.5), (None, 1, 1.5), (1 / 3, 3, 1.5), (0.25, 9, 1.5),
    ]  # fmt: skip
    assert str(trials[1].error).startswith("ValueError: singular\nTraceback")
    assert dict(trials[0].metrics) == {"accuracy": 0.5}


def test_results_that_are_pickled_alone_are_refused(tmp_path: Path) -> None:
    (tmp_path / "results.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(HpobenchError, match=r"results\.pkl is a pickle, which is never read"):
        read(bohb, tmp_path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[[0,0,9],1,{},null,null]", "no configuration [0, 0, 9]"),
        ("[[0,0,0],1,{}]", "must be [identity"),
        ("[[0,0,0],0,{},null,null]", "a budget must be above 0"),
        ('[[0,0,0],"x",{},null,null]', "budget must be a number"),
        ("nothing", "is no JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("", "is empty"),
    ],
)
def test_what_is_wrong_with_results_is_said(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "configs.json").write_text('[[0,0,0],{"x":1},{}]\n')
    (tmp_path / "results.json").write_text(line)
    with pytest.raises(HpobenchError) as error:
        read(bohb, tmp_path)
    assert said in str(error.value)


# All of them


def test_links_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(OLD_DATA)
    folder = old(tmp_path / "a")
    (folder / "data_f10" / "a_f10_DIM5.dat").unlink()
    (folder / "data_f10" / "a_f10_DIM5.dat").symlink_to(tmp_path / "secret")
    with pytest.raises(HpobenchError, match="not in the folder"):
        read(coco, folder)


def _broken(text: bytes, at: int, how: int, byte: int) -> bytes:
    place = at % (len(text) + 1)
    return (
        text[:place] if how == 0
        else text[:place] + bytes([byte]) + text[place + 1 :] if how == 1
        else text[:place] + bytes([byte]) * 3 + text[place:] if how == 2
        else text[:place] + text[place + byte :]
    )  # fmt: skip


CHANGES = st.tuples(st.integers(0, 10_000), st.integers(0, 3), st.sampled_from([*b"\x00\xff{}[]\",:.-+eE19 %'\n|"]))
"""Where, how (cut off, another byte, three more, a piece gone), and which byte."""


def _files() -> Iterator[tuple[ModuleType, Path, str]]:
    for module, folder in ((coco, DATA / "coco"), (smac, DATA / "smac" / "hpo"), (smac, DATA / "smac" / "mf")):
        for file in sorted(folder.rglob("*.*")):
            if file.is_file():
                yield module, folder, file.relative_to(folder).as_posix()


@pytest.mark.seeded
@given(st.sampled_from(list(_files())), st.lists(CHANGES, min_size=1, max_size=4))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_broken_files_are_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, chosen: tuple[ModuleType, Path, str], changes: list[tuple[int, int, int]]
) -> None:
    module, folder, name = chosen
    to = tmp_path_factory.mktemp("broken") / "a"
    shutil.copytree(folder, to)
    text = (to / name).read_bytes()
    for change in changes:
        text = _broken(text, *change)
    (to / name).write_bytes(text)
    with suppress(HpobenchError):
        read(module, to)
    shutil.rmtree(to.parent)


# What we write ourselves


@pytest.mark.parametrize("kind", ["coco", "ioh"])
def test_our_own_folders_come_back(tmp_path: Path, kind: str) -> None:
    """Names, repetitions, evaluations and best regrets, also of names that are in nobody's alphabet."""
    losses = {("toy/=a,'b'", "wx_%&"): [[0.9, None, 0.5], [0.8, 0.7, 0.1]], ("toy/β\n<c>", "wx_%#"): [[3.0, 2.0, 0.1]]}
    runs, trials = [], []
    for (problem, label), repetitions in losses.items():
        for repetition, values in enumerate(repetitions):
            rows = history(len(runs), values)
            runs.append(
                run_row(
                    len(runs), problem=problem, label=label, optimizer="o", repetition=repetition, budget=3, spent=3,
                    trials=3, failed_trials=values.count(None), reference=0.1,
                )
            )  # fmt: skip
            trials += rows
    with store(tmp_path / "store", runs, trials) as reader:
        made = export(reader, tmp_path / "out", [kind])
    assert not made.skipped
    found = read({"coco": coco, "ioh": ioh}[kind], tmp_path / "out")
    names = {run.problem for run, _ in found}
    assert len(names) == 2
    assert any("β" in name for name in names)
    assert sorted((run.repetition, run.evaluations, run.reference) for run, _ in found) == [
        (0, 3, 0.0), (0, 3, 0.0), (1, 3, 0.0),
    ]  # fmt: skip
    assert sorted(best(trials) for _, trials in found) == pytest.approx([0.0, 0.0, 0.4], abs=1e-12)


OWN = "suite,function,dimension,instance,problem,values_are,evaluations_are,evaluations_each\n"


def ours(folder: Path, rows: str) -> Path:
    """A folder of COCO's with one run, of function 1001 in 2 dimensions, and what its table says."""
    (folder / "other" / "a" / "data").mkdir(parents=True)
    (folder / "problems.csv").write_text(OWN + rows, encoding="utf-8")
    (folder / "other" / "a" / "a.info").write_text("funcId = 1001, DIM = 2, algId = 'a'\n%\ndata/d.dat, 2:3|0.5\n")
    (folder / "other" / "a" / "data" / "d.dat").write_text("% head\n1 0 2.0\n3 0 0.5\n")
    return folder


def test_numbers_of_functions_are_those_of_their_own_export(tmp_path: Path) -> None:
    """Two exports in one folder; an evaluation that is none is said."""
    ours(tmp_path / "one", "other,1001,2,repetition + 1,p,regret,evaluations,1\n")
    ours(tmp_path / "two", "other,1001,2,repetition + 1,'＝q,regret,full evaluations,81\n")
    (one, _), (two, _) = read(coco, tmp_path)
    assert (one.problem, one.repetition, one.notes) == ("p", 1, ())
    assert (two.problem, two.notes) == ("＝q", ("evaluations on ＝q count full evaluations, 81 to one",))


@pytest.mark.parametrize("rows", ["other,²,2,,p,regret,evaluations,1\n", "other,1001\n", "other,1001,x,,p,regret,,\n"])
def test_rows_that_are_not_ours_name_nothing(tmp_path: Path, rows: str) -> None:
    ((run, _),) = read(coco, ours(tmp_path / "a", rows))
    assert run.problem == "bbob/f1001[d=2,instance=2]"
    (tmp_path / "a" / "problems.csv").write_text("function,dimension,problem\n1001,2,another's\n")
    assert read(coco, tmp_path / "a")[0][0].problem == run.problem


def test_a_table_of_ours_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(HpobenchError, match=r"problems\.csv is no table that we wrote"):
        read(coco, ours(tmp_path / "a", f"other,1001,2,,{'p' * 200_000},regret,evaluations,1\n"))

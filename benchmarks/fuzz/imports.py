"""Others' results, as files, folders and archives: read, made into a store, opened and shown.

An input is a line with a name, then a file of that name. Of ``made.folder``, ``made.zip`` and ``made.tar.gz`` it
is JSON, names to texts, which are put into such a folder or archive; other archives are bytes.
"""

import io
import json
import random
import tarfile
import zipfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks.fuzz import mutations, real
from benchmarks.fuzz.driver import Fed, heard
from hpobench_tui.cli.imports import import_results
from hpobench_tui.cli.show import show
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.importing import formats

DEPTHS = ("not recognised", "not read", "a store")
ENDING = ".input"
COCO = {
    "a_f10.info": """\
funcId = 10, DIM = 5, Precision = 1.000e-08, Fopt = -5.494e+01, algId = 'a %, old one'
% whatever, and more
data_f10/a_f10_DIM5.dat, 1:5|2.5e-01, 1:7|1.0e-09
""",
    "data_f10/a_f10_DIM5.dat": """\
% function evaluation | noise-free fitness - Fopt (-5.494e+01) | best noise-free fitness - Fopt | measured fitness
1 +3.0e+01 +3.0e+01 -2.4e+01 -2.4e+01 +1.0 +2.0
3 +2.5e-01 +2.5e-01 -5.4e+01 -5.4e+01 +1.0 +2.0
5 +9.0e+00 +2.5e-01 -4.5e+01 -5.4e+01 +1.0 +2.0
% function evaluation | noise-free fitness - Fopt (-5.494e+01) | best noise-free fitness - Fopt | measured fitness
2 +4.0e+01 +4.0e+01 -2.4e+01 -2.4e+01 +1.0 +2.0
7 +1.0e-09 +1.0e-09 -5.4e+01 -5.4e+01 +1.0 +2.0
""",
}
NEW_COCO = {
    "bbobexp_f1.info": """\
suite = 'bbob', funcId = 1, DIM = 2, Precision = 1.000e-08, algId = 'alg', coco_version = '2.8.2', logger = 'bbob', \
data_format = 'bbob-new2'
% a comment
data_f1/bbobexp_f1_DIM2.dat, 1:40|3.1e-01, 2:40|5.0e-01
""",
    "data_f1/bbobexp_f1_DIM2.dat": """\
% f evaluations | g evaluations | best noise-free fitness - Fopt (7.948e+01) + sum g_i+ | measured fitness
1 0 +2.1e+01 +1.0e+02 +1.0e+02 -2.0 +4.0
9 0 +3.1e-01 +7.9e+01 +7.9e+01 +0.1 +0.2
% f evaluations | g evaluations | best noise-free fitness - Fopt (3.948e+02) + sum g_i+ | measured fitness
1 0 +5.0e-01 +3.9e+02 +3.9e+02 -2.0 +4.0
""",
}
IOH = {
    "IOHprofiler_f7_odd.json": json.dumps(
        {
            "version": "0.3.5", "suite": "BBOB", "function_id": 4, "function_name": "BuecheRastrigin",
            "maximization": False, "algorithm": {"name": "a", "info": "b"}, "attributes": ["evaluations", "raw_y"],
            "scenarios": [{"dimension": 2, "path": "data/a.dat", "runs": [
                {"instance": 1, "evals": 4, "best": {"evals": 2, "y": 5, "x": [1, 2]}},
                {"instance": 2, "evals": 9, "best": {"evals": 2, "y": 5}}]}],
        }
    ),
    "data/a.dat": "evaluations raw_y x0 x1\n1 2 0.5 0.1\n2 5 1 2\n4 1e-3 1 1\nevaluations raw_y x0 x1\n1 7 0 0\n",
}  # fmt: skip
SMAC = {
    "runhistory.json": json.dumps(
        {
            "stats": {"submitted": 3, "finished": 3, "running": 0},
            "data": [{"config_id": n, "instance": None, "seed": 2, "budget": b, "cost": 1.5 / n, "time": 0.5,
                      "cpu_time": 0.5, "status": s, "starttime": 17.0 + n, "endtime": 18.0 + n,
                      "additional_info": {"a": 1}} for n, b, s in ((1, 1.0, 1), (2, 3.0, 1), (3, 9.0, 2))],
            "configs": {"1": {"x": 0.5, "n": 3}, "2": {"x": 0.1, "n": 9, "c": "a"}, "3": {"x": 0.2, "n": 1}},
            "config_origins": {"1": "Default"},
        }
    ),
    "scenario.json": json.dumps(
        {"name": "quad", "min_budget": 1, "max_budget": 9, "deterministic": True, "objectives": "cost",
         "crash_cost": float("inf"), "n_trials": 15, "seed": 0, "_meta": {"facade": {"name": "MultiFidelityFacade"}}}
    ),
}  # fmt: skip
OLD_SMAC = {
    "runhistory.json": json.dumps(
        {
            "data": [
                [[1, None, 0, 2.5], [0.5, 1.5, {"__enum__": "StatusType.SUCCESS"}, 10.0, 11.5, {}]],
                [[2, None, 0, 5.0], [9e9, 2.5, {"__enum__": "StatusType.CAPPED"}, 8.0, 10.5, {"error": "late"}]],
                [[2, None, 1, 5.0], [0.25, 2.5, {"__enum__": "StatusType.SUCCESS"}, 12.0, 14.5, {}]],
            ],
            "configs": {"1": {"x": 1, "gone": None}, "2": {"x": 2}},
        }
    )
}
BOHB = {
    "svm/configs.json": "".join(
        f"{json.dumps([[0, 0, n], {'C': 2.0**n, 'kernel': 'rbf'}, {'model_based_pick': False}])}\n" for n in range(3)
    ),
    "svm/results.json": "".join(
        json.dumps(
            [[0, 0, n], b, {"submitted": n, "started": n + 0.5, "finished": n + 2.0},
             {"loss": 1 / (n + 1), "info": {"accuracy": 0.5, "note": "text"}} if n != 1 else None,
             "Traceback (most recent call last):\n  …\nValueError: singular" if n == 1 else None]
        ) + "\n" for n, b in ((0, 1.0), (1, 1.0), (2, 3.0))
    ),
}  # fmt: skip
TABLES = {
    "t.csv": "problem,label,loss,repetition,number\np,a,3,0,0\np,a,2,0,1\np,b,1,0,0\np,a,5,1,0\n",
    "scores.csv": "task;method;acc;seed;epoch;config_lr;config_opt;time_s\n"
    "q;m;0.75;9999;1;0.1;adam;2\nq;m;0.5;7;3;;sgd;4\n",
    "runs.tsv": "dataset\tmethod\tfold\tmetric_error\ttime_train_s\tn\nd\ta\t0\t0.2\t3.5\t100\nd\ta\t1\t0.1\t4\t100\n",
    "quoted.csv": '"problem","label","loss","error"\n"p ""x""","a\nb",1e-3,\n"p","a",,"ValueError: no\nmore"\n',
}


def seeds(place: Path) -> list[bytes]:
    """Of every format, in every packing."""
    made = []
    for files in (COCO, NEW_COCO, IOH, SMAC, OLD_SMAC, BOHB):
        text = json.dumps(files).encode()
        made += [b"made.folder\n" + text, b"made.folder\n" + text, b"made.zip\n" + text, b"made.tar.gz\n" + text]
        made += [
            b"packed.zip\n" + _zip(files),
            b"packed.tar\n" + _tar(files, "w"),
            b"packed.tgz\n" + _tar(files, "w:gz"),
        ]
    made += [name.encode() + b"\n" + text.encode() for name, text in TABLES.items() for _ in range(5)]
    if find_spec("optuna"):
        made += _optuna(place)
    return made


def _zip(files: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.partition("\0")[0] or "x", text.encode("utf-8", "surrogateescape"))
    return stream.getvalue()


def _tar(files: dict[str, str], mode: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for name, text in files.items():
            data = text.encode("utf-8", "surrogateescape")
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    return stream.getvalue()


def _optuna(place: Path) -> list[bytes]:
    """A journal and an SQLite file of one study."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    made = []
    for name in ("journal.log", "storage.db"):
        path = place / name
        storage = (
            f"sqlite:///{path}"
            if name.endswith(".db")
            else optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))
        )
        sampler = optuna.samplers.RandomSampler(seed=1)
        study = optuna.create_study(storage=storage, study_name="s", sampler=sampler)

        def objective(trial: "optuna.Trial") -> float:
            x = trial.suggest_float("x", 1e-3, 1.0, log=True)
            trial.suggest_categorical("c", [None, "a", 3])
            trial.report(x, 2)
            if trial.number == 2:
                raise ValueError("no good")
            if trial.number == 1:
                raise optuna.TrialPruned
            return x

        study.optimize(objective, n_trials=4, catch=(ValueError,))
        made.append(name.encode() + b"\n" + path.read_bytes())
    return [made[0]] * 4 + made


def mutated(chance: random.Random, pool: Sequence[bytes]) -> bytes:
    data, other = chance.choice(pool), chance.choice(pool)
    name, _, body = data.partition(b"\n")
    if name.startswith(b"made."):
        return name + b"\n" + _files(chance, body, other.partition(b"\n")[2])
    if name.startswith(b"packed.") or name.endswith(b".db"):
        return mutations.named(mutations.of_bytes, chance, [data, other])
    if name.endswith(b".log"):
        return name + b"\n" + mutations.of_json(chance, body, other)
    return mutations.named(mutations.of_text, chance, [data, other])


def _files(chance: random.Random, body: bytes, other: bytes) -> bytes:
    """One of the files is another, or has another name."""
    try:
        files = json.loads(body)
        name = chance.choice(list(files))
    except (ValueError, IndexError):
        return body
    text = str(files[name]).encode("utf-8", "surrogateescape")
    how = mutations.of_json if text[:1] in (b"{", b"[") else mutations.of_text
    files[name] = how(chance, text, other).decode("utf-8", "surrogateescape")
    if chance.random() < 0.03:
        files[chance.choice((name + "x", "x/" + name, "../" + name, *mutations.ODD_TEXTS[:5]))] = files.pop(name)
    return json.dumps(files).encode()


def _written(data: bytes, place: Path) -> Path:
    """The file, folder or archive of an input."""
    given, _, body = data.partition(b"\n")
    name = given.decode(errors="replace").replace("/", "_").replace("\0", "_")[:100] or "x"
    path = place / (name if name not in (".", "..") else "x")
    if not name.startswith("made."):
        path.write_bytes(body)
        return path
    files = {str(own): str(text) for own, text in json.loads(body).items()}
    if name.endswith(".zip"):
        path.write_bytes(_zip(files))
    elif name.endswith(".gz"):
        path.write_bytes(_tar(files, "w:gz"))
    else:
        for own, text in files.items():
            parts = [part for part in own.replace("\0", "_").split("/") if part not in ("", ".", "..")]
            file = path.joinpath(*(part[:60] for part in parts or ["x"]))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


def feed(data: bytes, place: Path) -> Fed:
    try:
        path = _written(data, place)
    except (ValueError, OSError, AttributeError):  # no input of ours, or names that no file can have
        return Fed(0)
    try:
        form = formats.recognised(path)
    except HpobenchError as error:
        return heard(error, 0)
    root = place / "outputs"
    try:
        import_results([str(path)], form, output=root)
    except HpobenchError as error:
        assert not root.exists(), f"an import that is refused leaves {list(root.rglob('*'))}"
        return heard(error, 1)
    (made,) = lifecycle.inside(root)
    count = real.opened(made)  # what we have written we take
    show([str(made)], as_json=True)
    return Fed(2, f"{form}: {count} runs")

"""Shards through front end, supervisor and workers: run apart, killed, resumed, asked for twice, and merged."""

import json
import os
import resource
import shlex
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

import experiments
from benchmarks.kills.scene import contents, differences
from calls import call
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.shards import Shard, dealt
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.engine.front import lifecycle, merging, shards, spec
from hpobench_tui.store import disks
from hpobench_tui.store.reader import Reader
from hpobench_tui.store.writer import ASIDE, Writer

pytestmark = pytest.mark.e2e


def experiment(shard: Shard | None = None, **more: object) -> Experiment:
    found = experiments.experiment(
        ["synthetic/branin", "bandits/curves"], ["random", "hyperband", "tpe"], 30, "evaluations", repetitions=3
    )
    return replace(found, shard=shard, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return experiments.run(experiment(), tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("parts")
    return [experiments.run(experiment(Shard(n, 3)), root) for n in (1, 2, 3)]


def test_three_shards_one_killed_and_resumed_are_the_whole(whole: Path, parts: list[Path], tmp_path: Path) -> None:
    killed = experiments.launched(experiment(Shard(2, 3)), tmp_path)
    experiments.kill_and_resume(killed, beyond=40)
    assert sum(run.attempts > 1 for run in experiments.runs(killed)), "the kill hit something"
    merged = merging.merge([parts[0], killed, parts[2]], tmp_path / "all")
    assert not merged.missing
    assert not merged.commands
    assert not differences(contents(tmp_path / "all"), contents(whole))
    with Reader(tmp_path / "all") as reader:
        assert not reader.faults()
        assert replace(reader.experiment().experiment, workers=2) == experiment()


def test_what_is_missing_is_run_by_the_commands_that_merge_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a file's.toml").write_text(
        'name = "few"\nproblems = ["synthetic/branin"]\noptimizers = ["random", "tpe"]\nrepetitions = 9\n'
        '[budget]\namount = 9\nunit = "evaluations"\n'
    )
    monkeypatch.chdir(tmp_path)
    given = ["--budget", "7 evaluations", "--repetitions", "4", "--headless", "--output", "some where"]
    for number in (1, 3):
        assert call(monkeypatch, "run", "a file's.toml", "--shard", f"{number}/4", "--or-resume", *given) == 0
    with Writer(tmp_path / "some where" / "few-shard-3-of-4") as store:  # as if it had been killed
        store.forget_trials(1)
        store.set_run(1, status=RunStatus.WAITING)
        store.set_status(ExperimentStatus.RUNNING)
    folders = ["some where/few-shard-1-of-4", "some where/few-shard-3-of-4"]
    capsys.readouterr()
    assert call(monkeypatch, "merge", *folders, "-o", "all", "--dry-run", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["missing_shards"] == ["2/4", "4/4"]
    assert len(said["missing"]) == 4
    assert [shlex.split(command)[:2] for command in said["commands"]] == [
        ["hpobench", "run"], ["hpobench", "run"], ["hpobench", "resume"]
    ]  # fmt: skip
    for command in said["commands"]:
        assert call(monkeypatch, *shlex.split(command)[1:]) == 0, command
    folders = [str(path) for path in sorted((tmp_path / "some where").iterdir())]
    assert len(folders) == 4
    capsys.readouterr()
    assert call(monkeypatch, "merge", *folders, "-o", "all", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["missing"], said["unfinished"], said["commands"], said["runs"]) == ([], 0, [], 8)


@pytest.mark.parametrize("named", [".", "experiment.sqlite", "code/.."])
def test_shards_that_are_missing_are_run_beside_one_that_is_named_from_within(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shard,) = created(tmp_path, "1/2")
    (shard / "code").mkdir()
    monkeypatch.chdir(shard)
    command, _resuming = merging.merge([lifecycle.find(named, tmp_path)], None).commands
    assert shlex.split(command)[-2:] == ["--output", str(tmp_path)]


def test_merge_says_in_words_what_is_missing_and_resume_runs_all_of_it(
    whole: Path, parts: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "merge", parts[1], "-o", tmp_path / "all") == 0
    said = capsys.readouterr().out.replace("\n", " ")
    assert "missing: shards 1,3 of 3" in said
    assert "10 runs are missing; these run them, and nothing twice:" in said
    assert f"hpobench run SPEC --shard 1/3 --headless --output {parts[1].parent}" in said, (
        "made in Python: nobody knows the file"
    )
    assert f"or all of them here: hpobench resume {tmp_path / 'all'} --headless" in said
    assert lifecycle.resume(tmp_path / "all") == 10
    assert experiments.wait_until_ended(tmp_path / "all") == "finished"
    assert not differences(contents(tmp_path / "all"), contents(whole))


def test_parts_by_repetitions_that_are_missing_are_resumed(parts: list[Path], tmp_path: Path) -> None:
    other = lifecycle.create(experiment(only=(1,)), tmp_path)
    merged = merging.merge([other, lifecycle.create(experiment(only=(0,)), tmp_path)], tmp_path / "all", dry_run=True)
    first, then = map(shlex.split, merged.commands)
    assert first[:2] == ["hpobench", "merge"], "a dry run makes no folder that could be resumed"
    assert then == ["hpobench", "resume", str(tmp_path / "all"), "--headless"]
    assert not merged.missing_shards
    mixed = merging.merge([parts[0], parts[1], other], tmp_path / "all")
    assert [str(shard) for shard in mixed.missing_shards] == ["3/3"]
    assert mixed.commands == (shlex.join(then),), "the third shard has runs that the other has, too"


def created(root: Path, *deals: str) -> list[Path]:
    """Shards that nobody has begun to run."""
    folders = []
    for place, text in enumerate(deals):
        (folder := root / f"{place}-{text.replace('/', '-')}").mkdir()
        lifecycle.fill(folder, experiment(Shard.read(text)))
        folders.append(folder)
    return folders


@pytest.mark.parametrize(
    "deals", [("1/2", "1/4"), ("1/2", "2/2", "1/4"), ("1/3", "1/3"), ("1/2", "2/4", "4/4")], ids=str
)
def test_commands_for_mixed_deals_run_all_that_is_open_once(deals: tuple[str, ...], tmp_path: Path) -> None:
    merged = merging.merge(created(tmp_path, *deals), tmp_path / "all")
    places = [(k.problem, k.contender.label, k.repetition) for k in experiment().runs()]
    parts: dict[str, list[tuple[str, str, int]]] = {}
    for of in {Shard.read(text).of for text in deals}:
        for place, number in zip(places, dealt([place[:2] for place in places], of), strict=True):
            parts.setdefault(str(Shard(number, of)), []).append(place)
    run: list[tuple[str, str, int]] = []
    for words in map(shlex.split, merged.commands):
        assert "--headless" in words
        if words[1] == "run":
            run += parts[words[words.index("--shard") + 1]]
        else:
            with Reader(Path(words[2])) as reader:
                run += [(r.problem, r.label, r.repetition) for r in reader.runs() if not r.ended]
    assert sorted(run) == sorted(places)


def test_commands_for_stores_on_a_network_disk_are_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "-shared").mkdir()
    monkeypatch.chdir(tmp_path)
    given = ["--problems", "synthetic/branin", "--optimizers", "random", "--budget", "9 evaluations",
             "--repetitions", 3, "--name", "few", "--or-resume", "--headless"]  # fmt: skip
    for number in (1, 2):
        assert call(monkeypatch, "run", *given, "--shard", f"{number}/3", "--output", "-shared") == 0
    with Writer(tmp_path / "-shared" / "few-shard-2-of-3") as store:  # as if it had been killed
        store.forget_trials(0)
        store.set_run(0, status=RunStatus.WAITING)
        store.set_status(ExperimentStatus.RUNNING)
    (tmp_path / "mountinfo").write_text(
        f"1 0 8:1 / / rw - ext4 d rw\n2 1 0:9 / {tmp_path / '-shared'} rw - nfs4 s rw\n"
    )
    monkeypatch.setattr(disks, "MOUNTS", tmp_path / "mountinfo")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    there = ["-shared/few-shard-1-of-3", "-shared/few-shard-2-of-3"]
    capsys.readouterr()
    assert call(monkeypatch, "merge", "--json", "-o", "-shared/all", "--", *there) == 0
    commands = json.loads(capsys.readouterr().out)["commands"]
    assert len(commands) == 2
    for command in commands:
        assert call(monkeypatch, *shlex.split(command)[1:]) == 0, command
    folders = [*there, "-shared/few-shard-3-of-3"]
    capsys.readouterr()
    assert call(monkeypatch, "merge", "--json", "-o", "all", "--", *folders) == 0
    assert json.loads(capsys.readouterr().out)["commands"] == []
    assert call(monkeypatch, *shlex.split(shards.resuming(Path("-shared/all")))[1:]) == 0
    with Reader(Path("-shared/all")) as reader:
        assert reader.experiment().status == "finished"


def test_more_shards_are_merged_than_files_may_be_open(tmp_path: Path) -> None:
    folders = []
    for number in range(1, 13):
        (folder := tmp_path / str(number)).mkdir()
        lifecycle.fill(folder, experiment(Shard(number, 12)))
        folders.append(folder)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 10, limits[1]))
        merged = merging.merge(folders, tmp_path / "all")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert (merged.missing, merged.unfinished) == ([], 15)


def test_one_that_is_no_shard_is_not_merged_alone(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(HpobenchError, match="at least two experiments"):
        merging.merge([whole], tmp_path / "all")
    with pytest.raises(HpobenchError, match=f"{whole} is named twice; name at least"):
        merging.merge([whole, whole.parent / "." / whole.name], tmp_path / "all")


def test_a_shard_asked_for_twice_goes_on_and_then_has_nothing_to_do(whole: Path, tmp_path: Path) -> None:
    part = experiment(Shard(1, 3))
    folder, count = shards.run_or_resume(part, tmp_path, {})
    assert (folder.name, count) == ("test-shard-1-of-3", 5)
    with pytest.raises(HpobenchError, match="is running already"):
        shards.run_or_resume(part, tmp_path, {})
    experiments.wait_for(lambda: experiments.trials(folder) > 5)
    experiments.kill_all(folder)
    same, left = shards.run_or_resume(replace(part, workers=1), tmp_path, {})
    assert same == folder
    assert 0 < left <= 5
    assert experiments.wait_until_ended(folder) == "finished"
    assert shards.run_or_resume(part, tmp_path, {}) == (folder, 0)
    assert experiments.results(folder).items() <= experiments.results(whole).items()


def test_another_experiment_of_that_name_is_not_gone_on_with(tmp_path: Path) -> None:
    folder = tmp_path / "test"
    folder.mkdir()
    lifecycle.fill(folder, experiment())
    with pytest.raises(HpobenchError, match="is another experiment: repetitions, seed differ") as error:
        shards.run_or_resume(experiment(seed=4, repetitions=2), tmp_path, {})
    assert f"hpobench resume {folder}" in str(error.value)


def test_what_a_killed_creation_left_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "test-shard-1-of-3").mkdir()
    for end in ("", "-wal"):
        (tmp_path / "test-shard-1-of-3" / f"{ASIDE}{end}").write_text("half of it")
    folder, count = shards.run_or_resume(experiment(Shard(1, 3)), tmp_path, {})
    assert count == 5
    assert experiments.wait_until_ended(folder) == "finished"
    assert not list(folder.glob(f"{ASIDE}*"))


def test_a_shard_without_runs_is_fine_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--problems", "synthetic/branin", "--optimizers", "random", "--budget", "3 evaluations", "--headless",
             "--repetitions", "2", "--output", tmp_path / "outputs"]  # fmt: skip
    assert call(monkeypatch, "run", *given, "--shard", "3/3") == 0
    assert "shard 3/3 has no runs" in capsys.readouterr().out
    assert call(monkeypatch, "run", *given, "--shard", "3/3", "--json") == 0
    assert json.loads(capsys.readouterr().out)["event"] == "ended"
    assert not (tmp_path / "outputs").exists()
    for number in (1, 2):
        assert call(monkeypatch, "run", *given, "--shard", f"{number}/3") == 0
    capsys.readouterr()
    assert call(monkeypatch, "merge", *(tmp_path / "outputs").iterdir(), "-o", tmp_path / "all", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["runs"], said["missing"], said["missing_shards"]) == (2, [], [])


def test_a_dry_run_is_of_the_shard(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    plans = {}
    for more in ([], ["--shard", "2/2"]):
        assert call(monkeypatch, "run", "first", "--dry-run", "--json", *more) == 0
        plans[bool(more)] = json.loads(capsys.readouterr().out)
    assert plans[True]["shard"] == "2/2"
    assert plans[True]["runs"] == plans[False]["runs"] // 2
    assert 0 < plans[True]["core_seconds"]["objectives"] < plans[False]["core_seconds"]["objectives"]


def test_a_shard_is_extended_only_when_merged(tmp_path: Path) -> None:
    from hpobench_tui.engine.front.extend import extended

    with pytest.raises(HpobenchError, match=r"shard 1/3 of an experiment.*hpobench merge"):
        extended(experiment(Shard(1, 3)), repetitions=9)


def test_files_and_python_name_shards(tmp_path: Path) -> None:
    build = {"problems": ["bandits"], "optimizers": ["random"], "budget": {"amount": 9, "unit": "evaluations"}}
    assert spec.build("test", **build, shard="2/3").shard == Shard(2, 3)  # type: ignore[arg-type]
    with pytest.raises(HpobenchError, match="shard: must be i/n"):
        spec.build("test", **build, shard="4/3")  # type: ignore[arg-type]

"""Experiments of options: without a file, over one, and written down as one."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpobench_tui.core import Budget, HpobenchError
from hpobench_tui.core.own_code import OwnCode
from hpobench_tui.engine.front import presets, spec, toml
from hpobench_tui.engine.front.described import described, overrides, save

FIFTY = ["50 evaluations"]
texts = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.one_of(
    texts, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.just(float("inf"))
)
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))


@given(st.dictionaries(texts, values))
def test_what_is_written_reads_as_the_same(data: dict[str, object]) -> None:
    assert tomllib.loads(toml.write(data)) == data


def test_an_experiment_without_a_file() -> None:
    experiment, _ = described(
        None, overrides(["synthetic/branin,bandits"], ["random", "tpe"], FIFTY, name="n", repetitions=3, seed=7)
    )
    assert experiment == spec.build(
        "n", ["synthetic/branin", "bandits"], ["random", "tpe"], Budget.of(50, "evaluations"), repetitions=3, seed=7
    )


def test_patterns_and_settings() -> None:
    experiment, _ = described(
        None, overrides(["synthetic/bra*"], ["hyperband[eta=4,label=hb4],hyperband[eta=4]", "ucb?"], FIFTY)
    )
    assert experiment.problems == ("synthetic/branin", "synthetic/branin-mf")
    labels = [contender.label for contender in experiment.contenders]
    assert labels == ["hb4", "hyperband[eta=4]", "ucb1"]
    assert experiment.contenders[0].parameters == experiment.contenders[1].parameters
    assert experiment.contenders[0].parameters["eta"] == 4


def test_a_pattern_leaves_out_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spec, "missing", lambda info: f"{info.name} is away" if info.name == "optuna-tpe" else None)
    contenders, notes = spec.contenders_of(["optuna-*"], OwnCode())
    assert "optuna-tpe" not in [contender.label for contender in contenders]
    assert notes == ["optuna-* stands for optuna-tpe, too, which is left out: optuna-tpe is away."]


def test_options_hold_instead_of_what_a_file_says(tmp_path: Path) -> None:
    (path := tmp_path / "own.toml").write_text(presets.text("first"))
    for named in ("first", str(path)):
        experiment, _ = described(named, overrides(["bandits/curves"], None, None, repetitions=2))
        assert experiment.problems == ("bandits/curves",)
        assert experiment.budgets == {"bandits/curves": Budget.of(40, "full-evaluations")}
        assert (experiment.repetitions, experiment.seed, experiment.name) == (2, 2020, "first")
    experiment, _ = described("first", overrides(None, None, ["9 evaluations", "bandits=8 evaluations"]))
    assert {p: int(b.amount) for p, b in experiment.budgets.items()} == {
        "bandits/bernoulli-10": 8, "bandits/curves": 8, "synthetic/branin": 9, "synthetic/hartmann6-mf": 9
    }  # fmt: skip


@pytest.mark.parametrize("named", [None, *presets.names()])
def test_a_saved_file_is_the_same_experiment(tmp_path: Path, named: str | None) -> None:
    if named is None:
        given = overrides(
            ["synthetic/ackley[d=3]", "bandits/*"], ["random[label=a \"b\" \\ ü]", "tpe"],
            ["0.5 full-evaluations", "bandits/curves=12 full-evaluations"], repetitions=6, only="0-2,5", workers=3,
        )  # fmt: skip
    else:
        if presets.lacking(named):
            pytest.skip("an extra is not installed")
        given = overrides(seed=11)
    if named is None:
        given["budget"] = {"amount": 12.5, "unit": "full-evaluations"}
    experiment, data = described(named, given)
    save(data, tmp_path / "saved.toml", force=False)
    again = spec.load(tmp_path / "saved.toml")
    assert again == experiment
    assert again.notes == experiment.notes


def test_a_file_is_not_written_over_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "there.toml"
    path.write_text("mine")
    with pytest.raises(HpobenchError, match="exists already; --force writes over it"):
        save({"name": "x"}, path, force=False)
    assert path.read_text() == "mine"
    save({"name": "x"}, path, force=True)
    assert path.read_text() == 'name = "x"\n'
    with pytest.raises(HpobenchError, match="cannot write"):
        save({}, tmp_path / "nowhere" / "file.toml", force=True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "--problems, --optimizers, --budget must be given"),
        ({"problems": ["bandits"], "budgets": FIFTY}, "file or preset, --optimizers must be given"),
        ({"problems": ["bandits"], "optimizers": ["random"]}, "file or preset, --budget must be given"),
        ({"problems": ["bandit/*"], "optimizers": ["random"], "budgets": FIFTY}, "unknown problem 'bandit/*'"),
        ({"problems": ["bandits"], "optimizers": ["randon"], "budgets": FIFTY}, "Did you mean 'random'"),
        ({"problems": ["bandits"], "optimizers": ["tpe[no=1]"], "budgets": FIFTY}, "unknown parameter"),
        ({"problems": ["bandits"], "optimizers": ["random"], "budgets": FIFTY, "only": "3-9"}, "no repetition 9"),
        ({"problems": ["bandits"], "optimizers": ["random"], "budgets": FIFTY, "only": "a"}, "numbers from 0"),
        ({"problems": ["bandits"], "optimizers": ["random"], "budgets": [*FIFTY, *FIFTY]}, "two for all problems"),
        ({"problems": ["bandits"], "optimizers": ["random"], "budgets": ["bbob=5 evaluations"]}, "'bbob'"),
        ({"problems": ["bandits"], "optimizers": ["random"], "budgets": FIFTY, "name": "../x"}, "use letters"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(given: dict[str, object], message: str) -> None:
    with pytest.raises(HpobenchError) as error:
        described(None, overrides(**given))  # type: ignore[arg-type]
    assert message in str(error.value)


def test_all_repetitions_are_no_part() -> None:
    experiment, _ = described(None, overrides(["bandits"], ["random"], FIFTY, repetitions=3, only="0-2"))
    assert experiment.only is None
    part, _ = described(None, overrides(["bandits"], ["random"], FIFTY, repetitions=3, only="1"))
    assert {key.repetition for key in part.runs()} == {1}


def test_a_saved_file_finds_own_files_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "mine.py").write_text(
        "def half(configuration):\n    return configuration['x'] / 2\nhalf.space = {'x': (0.0, 1.0)}\n"
    )
    monkeypatch.chdir(tmp_path / "here")
    given = overrides(["./mine.py:half"], ["random"], ["./mine.py:half=5 evaluations"])
    experiment, data = described(None, given)
    assert experiment.problems == ("mine/half",)
    save(data, tmp_path / "saved.toml", force=False)
    monkeypatch.chdir(tmp_path)
    assert spec.load(tmp_path / "saved.toml") == experiment
    assert described("saved.toml", {})[0] == experiment

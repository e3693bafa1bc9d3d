"""``hpobench selfcheck`` and ``hpobench problems``: choosing, tables, JSON, exit codes, and clear messages."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace

import pytest
from typer.testing import CliRunner, Result

from hpobench_tui import plugins
from hpobench_tui.cli.app import app
from hpobench_tui.cli.problems import valid
from hpobench_tui.cli.selfcheck import MARKS, choose, progress
from hpobench_tui.core import Dimensions, HpobenchError, Parameter, ProblemInfo, Reference, Report
from hpobench_tui.testing.verdict import CHECKS, Verdict
from program import python


class Line:
    """The loss x - offset, which is negative below the offset."""

    def __init__(self, offset=0.0):
        self.offset = offset

    def space(self):
        from ConfigSpace import ConfigurationSpace

        return ConfigurationSpace({"x": (0.0, 1.0)})

    def start(self, configuration, seed, device):
        if configuration["x"] > 2.0:
            raise AssertionError("the space ends at 1")
        return Evaluation(configuration["x"] - self.offset)


class Evaluation:
    def __init__(self, loss):
        self.loss = loss

    def advance(self, to_fidelity):
        return Report(self.loss)


def line(offset: float = 0.0, kind: str = "thin") -> ProblemInfo:
    return ProblemInfo(
        id="fake/line",
        summary="x",
        load=f"{__name__}:Line",
        dimensions=Dimensions(floats=1),
        reference=Reference(0.0, "closed form"),
        parameters=(
            Parameter("offset", 0.0, "What is taken off.", minimum=0, maximum=1),
            Parameter("kind", "thin", "How it is drawn.", choices=("thin", "thick")),
        ),
        vary=f"{__name__}:line",
        arguments={"offset": offset},
    )


FAKES = (
    line(),
    replace(line(), id="fake/costly", seconds=50.0, parameters=(), vary=None),
    replace(line(), id="other/needy", requires={"no_such_module": "no-such-extra"}, parameters=(), vary=None),
    replace(line(0.5), id="broken/beaten", parameters=(), vary=None),
)


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only these are registered."""
    registry = plugins.Registry("problem", {info.id: info for info in FAKES}, {})
    monkeypatch.setattr(plugins, "problems", lambda: registry)


def hpobench(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def refused(*arguments: str) -> str:
    result = hpobench(*arguments)
    assert isinstance(result.exception, HpobenchError), result.output
    return str(result.exception)


def checked(*arguments: str) -> tuple[int, dict[str, dict[str, object]], dict[str, object]]:
    """Exit code, results by problem, and all of the JSON."""
    result = hpobench("selfcheck", "--json", "--draws", "300", *arguments)
    printed = json.loads(result.stdout)
    return result.exit_code, {entry["problem"]: entry for entry in printed["problems"]}, printed


def test_without_names_all_but_the_costly_are_checked() -> None:
    code, found, printed = checked()
    assert code == 1
    assert {name: entry["verdict"] for name, entry in found.items()} == {
        "fake/line": "passed",
        "other/needy": "skipped",
        "broken/beaten": "failed",
    }
    assert printed["left_out"] == ["fake/costly"]
    assert printed["seed"] == 0


def test_costly_problems_are_checked_when_asked_for() -> None:
    for arguments in (("fake", "--all"), ("fake", "fake/costly")):
        code, found, printed = checked(*arguments)
        assert code == 0
        assert set(found) == {"fake/line", "fake/costly"}
        assert found["fake/costly"]["draws"] == 2
        assert found["fake/line"]["draws"] == 300
        assert printed["left_out"] == []


def test_a_variant_is_checked_as_what_it_is() -> None:
    code, found, _ = checked("fake/line[offset=0.25]")
    (entry,) = found.values()
    assert (code, entry["problem"]) == (1, "fake/line[offset=0.25]")
    assert entry["checks"]["bound"] == "failed"
    (finding,) = [finding for finding in entry["findings"] if finding["check"] == "bound"]
    assert finding["configuration"]["x"] < 0.25
    assert 300 * 0.15 < finding["times"] < 300 * 0.35


def test_the_table_says_what_failed_was_skipped_and_left_out() -> None:
    result = hpobench("selfcheck", "--draws", "300", "--seed", "3")
    table, _, notes = result.stdout.partition("broken/beaten\n")
    rows = {row.split()[0]: row.split() for row in table.splitlines() if "/" in row.strip() and "  " in row.strip()}
    assert rows["fake/line"][1:9] == ["300", "✓", "✓", "–", "✓", "–", "✓", "passed"]
    assert rows["broken/beaten"][1:9] == ["300", "✓", "✓", "–", "✗", "–", "✗", "failed"]
    assert rows["other/needy"][1:9] == ["0", "–", "–", "–", "–", "–", "–", "skipped"]
    words = " ".join(notes.split())
    assert "beats the optimum 0.0 (" in words
    assert "times; this was the first); configuration: {'x': 0." in words
    assert "1 passed, 1 failed, 1 skipped" in words
    assert "seed 3" in words
    assert "left out because they are costly: fake/costly; name them, or add --all" in words
    assert "hpobench-tui[no-such-extra]" in result.stdout
    assert "Traceback" not in result.output


def test_every_check_has_a_column_and_every_verdict_a_mark() -> None:
    assert set(MARKS) == set(Verdict)
    header = hpobench("selfcheck", "fake/line", "--draws", "2").stdout
    assert all(name in header for name in CHECKS)


def test_exit_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hpobench("selfcheck", "fake", "--draws", "20").exit_code == 0
    assert hpobench("selfcheck", "other").exit_code == 0, "skipped is no failure"
    assert hpobench("selfcheck", "broken", "--draws", "20").exit_code == 1
    registry = plugins.Registry("problem", {"fake/line": line()}, {"someone": "cannot be imported"})
    monkeypatch.setattr(plugins, "problems", lambda: registry)
    everything = hpobench("selfcheck", "--draws", "20")
    assert everything.exit_code == 1
    assert "broken plug-in someone: cannot be imported" in everything.stderr
    assert hpobench("selfcheck", "fake", "--draws", "20").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "unknown problem or suite 'nothing'"),
        (["fake/lime"], "unknown problem 'fake/lime'. Did you mean 'fake/line'"),
        (["fake/line[offset=2]"], "parameter 'offset' must be at most 1, not 2.0"),
        (["fake/line[speed=2]"], "unknown parameter of problem 'fake/line' 'speed'. Valid: offset, kind."),
        (["fake/line[offset"], "cannot be read"),
    ],
)
def test_bad_names_are_refused(arguments: Sequence[str], message: str) -> None:
    assert message in refused("selfcheck", *arguments)


def test_nothing_to_check_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = plugins.Registry("problem", {"fake/costly": FAKES[1]}, {})
    monkeypatch.setattr(plugins, "problems", lambda: registry)
    assert "fake/costly are costly; add --all" in refused("selfcheck", "fake")
    monkeypatch.setattr(plugins, "problems", lambda: plugins.Registry("problem", {}, {}))
    assert "no problem is registered" in refused("selfcheck")


def test_bad_options_are_refused() -> None:
    assert hpobench("selfcheck", "--draws", "0").exit_code == 2
    assert hpobench("selfcheck", "--seconds", "-1").exit_code == 2
    assert hpobench("selfcheck", "--seed", "x").exit_code == 2


def test_a_problem_named_twice_is_checked_once() -> None:
    chosen, left_out = choose(["fake/line", "fake", "fake/line[offset=0]"], everything=False)
    assert [info.id for info in chosen] == ["fake/line"]
    assert [info.id for info in left_out] == ["fake/costly"]


def test_there_is_no_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(2.0) as show:
        show("fake/line", 0.0, 1.0, 0.5)
    assert capsys.readouterr() == ("", "")


def test_the_bar_is_on_standard_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    with progress(4.0) as show:
        show("2/2 fake/line", 1.0, 2.0, 0.5)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "50 %" in printed.err
    assert "2/2 fake/line" in printed.err


def test_the_real_command_in_a_process_of_its_own() -> None:
    command = ("-m", "hpobench_tui", "selfcheck", "synthetic/branin", "--draws", "500")
    done = python(*command, COLUMNS="200")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert done.stderr == ""
    optimised = python("-O", *command)
    assert optimised.returncode == 1, "without assertions, the contract cannot be checked"
    assert "Python runs without assertions" in " ".join(optimised.stdout.split())


# --- hpobench problems ---


def test_problems_show_their_parameters() -> None:
    listed = hpobench("problems").stdout
    assert "parameters: offset = 0, kind = thin" in listed
    assert listed.count("parameters:") == 1


def test_one_problem_in_full() -> None:
    shown = hpobench("problems", "fake/line[offset=0.5]").stdout
    assert shown.startswith("fake/line[offset=0.5]\n")
    assert "offset = 0 (0 to 1): What is taken off." in shown
    assert "kind = thin (thin, thick): How it is drawn." in shown
    assert "reference: closed form" in shown


def test_parameters_in_json() -> None:
    (entry,) = json.loads(hpobench("problems", "fake/line", "--json").stdout)
    assert entry["costs"] is False
    assert entry["parameters"] == [
        {"name": "offset", "default": 0.0, "help": "What is taken off.", "choices": [], "minimum": 0, "maximum": 1},
        {
            "name": "kind",
            "default": "thin",
            "help": "How it is drawn.",
            "choices": ["thin", "thick"],
            "minimum": None,
            "maximum": None,
        },
    ]


def test_problems_refuses_bad_names_and_parameters() -> None:
    assert "unknown suite or problem 'fakes'. Did you mean 'fake'" in refused("problems", "fakes")
    assert "unknown problem 'fake/lime'" in refused("problems", "fake/lime")
    assert "parameter 'offset' must be at least 0, not -1.0" in refused("problems", "fake/line[offset=-1]")
    assert "must be one of thin, thick, not 'bold'" in refused("problems", "fake/line[kind=bold]")


def test_bounds_in_words() -> None:
    assert valid(Parameter("d", 2, "")) == ""
    assert valid(Parameter("d", 2, "", minimum=1)) == " (at least 1)"
    assert valid(Parameter("d", 2, "", maximum=9)) == " (at most 9)"

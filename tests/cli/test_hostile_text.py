"""Nothing that somebody else wrote does anything to a terminal, a log or a file: every command, every export format.

The commands are those that the program has, so that a new one is tried without being named here.
"""

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import program
from calls import commands, fresh
from factories import change
from hostile import DOES, STYLES, complaints, hostile_store, nasty, worked_out
from hpobench_tui.cli import app as cli
from hpobench_tui.cli import extension, watch
from hpobench_tui.core.text import show_only_what_is_seen
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.export.bundle import ALL
from hpobench_tui.export.formats import FORMATS
from hpobench_tui.export.markup import LETTER
from hpobench_tui.store.reader import Reader

STORE = "stored\x1b[2J\u202e\n=1"
VALUES = {"configurations": "3", "draws": "3", "seconds": "0.1", "problem": nasty(1), "axis": nasty(2)}
"""For arguments and options that want a number, or are not just names."""
SLOW = {("doctor",): ["--quick"], ("selfcheck",): ["hostile/one", "--draws", "3"]}
"""What commands are called with that look at everything there is, if they are not told."""
DEAR = ("quintic", "serve")
"""Groups of commands that train for minutes, and what goes on till it is stopped: asked for help, and wrongly."""
GOOD = [
    ["run", "{file}", "--dry-run"],
    ["run", "{file}", "--dry-run", "--json"],
    ["problems", "hostile"],
    ["problems", "hostile/one"],
    ["problems", "hostile/varied[size=2]"],
    ["problems", "hostile", "--json"],
    ["optimizers", "hostile-random"],
    ["optimizers", "--json"],
    ["selfcheck", "hostile/one", "--draws", "3"],
    ["selfcheck", "hostile/one", "--draws", "3", "--json"],
    ["tabulate", "hostile/one", "-n", "3", "--dry-run"],
    ["best", "{store}", nasty(0)],
    ["show", "{store}", "--anytime"],
    ["export", "{store}", "--to", "{folder}/exp\x1b[2J", "--formats", "csv,md"],
    ["export", "{store}", "--to", "{folder}/data", "--format", "trials", "--format", "parquet,json", "--json"],
    ["export", "{store}", "--formats", nasty(3)],
    ["hostile"],
    ["hostile", nasty(4)],
    ["hostile", "tell", nasty(5)],
    ["hostile", "refuse", "--size", nasty(6)],
    [nasty(7)],
]
FILE = """
name = "hostile"
problems = ["hostile"]
optimizers = ["hostile-random", { name = "hostile-gives-up", label = "=SUM(1)|<b>[bold]$x_1$" }]
repetitions = 2
impossible = "skip"
report = "hostile report"
[budget]
amount = 30
unit = "fidelity"
[budgets."hostile/dies"]
amount = 3
unit = "fidelity"
"""


@pytest.fixture(autouse=True)
def _hostile(install_plugins: Callable[..., Path]) -> None:
    install_plugins("hostile")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    hostile_store(tmp_path / STORE)
    (tmp_path / os.fsdecode(b"bytes\xff\x1b")).mkdir()
    (tmp_path / os.fsdecode(b"bytes\xff\x1b") / "experiment.sqlite").write_text(nasty(0).replace("\0", ""))
    (tmp_path / "file.toml").write_text(FILE)
    return tmp_path


class Terminal(io.TextIOWrapper):
    """A stream like the program's own, which says whether it is a terminal."""

    def __init__(self, is_one: bool) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="surrogatepass", newline="")
        self._is_one = is_one

    def isatty(self) -> bool:
        return self._is_one

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode("utf-8", "surrogatepass")  # type: ignore[attr-defined]


def said(arguments: list[str], on_terminal: bool) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a call, as ``hpobench`` makes it, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["hpobench", *arguments])
        patch.setattr(cli, "app", fresh())
        return heard(cli.run, on_terminal)


def heard(call: Callable[[], object], on_terminal: bool) -> tuple[int, str, str]:
    """The same of anything that is called."""
    out, err = Terminal(on_terminal), Terminal(on_terminal)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO())
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setenv("TERM", "xterm-256color")
        patch.setenv("COLUMNS", "150")
        try:
            code = call()
            code = code if isinstance(code, int) else 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except Exception:  # noqa: BLE001 - shown as the interpreter would
            sys.excepthook(*sys.exc_info())
            code = 1
    return code, out.text(), err.text()


def calls(words: tuple[str, ...], command: object, store: str, root: str) -> Iterator[list[str]]:
    """Ways to call a command: plainly, with each of its flags, with a hostile value for each option, and wrongly."""
    parameters = command.params  # type: ignore[attr-defined]
    plain = [*words, *SLOW.get(words, [])]
    for parameter in parameters:
        if parameter.param_type_name == "argument" and (parameter.required or parameter.name == "experiment"):
            plain.append(store if parameter.name == "experiment" else VALUES.get(parameter.name, nasty(9)))
        elif parameter.required:
            plain += [parameter.opts[0], VALUES.get(parameter.name, nasty(9))]
    options = [parameter for parameter in parameters if parameter.param_type_name == "option"]
    if any(parameter.name == "output" for parameter in options):
        plain += ["--output", root]
    yield [*words, "--help"]
    yield [*words, nasty(8)]
    yield [*plain, f"--{nasty(9)}"]
    if words[0] in DEAR:
        return
    yield plain
    for parameter in options:
        if parameter.name in ("help", "detach", "headless", "output", "everything"):
            continue
        yield [*plain, parameter.opts[0]] if parameter.is_flag else [*plain, parameter.opts[0], nasty(8)]


@pytest.mark.parametrize("on_terminal", [False, True], ids=["pipe", "terminal"])
def test_no_command_does_what_others_wrote(folder: Path, on_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(lifecycle, "launch", lambda folder: pytest.fail(f"{folder} was started"))
    places = {"store": str(folder / STORE), "folder": str(folder), "file": str(folder / "file.toml")}
    every = [call for words, command in commands() for call in calls(words, command, places["store"], str(folder))]
    assert {call[0] for call in every} >= {"show", "errors", "audit", "hostile"}
    good = [[re.sub(r"\{(\w+)\}", lambda m: places.get(m[1], m[0]), word) for word in call] for call in GOOD]
    told = ""
    for call in [*every, *good]:
        code, out, err = said(call, on_terminal)
        for stream in (out, err):
            plain = STYLES.sub("", stream) if on_terminal else stream
            assert not complaints(plain), (call, complaints(plain))
        if "--json" in call and code < 2 and out:
            for text in out.splitlines() if call[0] == "watch" else (out,):  # which says an object a line
                json.loads(text)
        told += out
    assert r"\x1b[2J" in told
    assert r"\u202e" in told


@pytest.mark.parametrize("on_terminal", [False, True], ids=["pipe", "terminal"])
def test_watching_does_not_do_what_others_wrote(folder: Path, on_terminal: bool) -> None:
    change(folder / STORE, "UPDATE run SET status = 'running' WHERE id = 0")

    def watch_it() -> int:
        show_only_what_is_seen()
        return watch.headless(folder / STORE, as_json=False, export=False)

    code, out, err = heard(watch_it, on_terminal)
    assert code == 1, err
    assert not complaints(STYLES.sub("", out) if on_terminal else out)
    assert not complaints(err)
    assert r"\x1b[2J" in out


@pytest.mark.parametrize("on_terminal", [False, True], ids=["pipe", "terminal"])
def test_a_bar_does_not_do_what_others_wrote(on_terminal: bool) -> None:
    def show_it() -> None:
        show_only_what_is_seen()
        with extension.progress() as tell:
            tell(0.5, nasty(1))
            print(nasty(2), file=sys.stderr)

    monkey = pytest.MonkeyPatch()
    monkey.setattr(extension, "LINE_SECONDS", -1.0)
    _, _, err = heard(show_it, on_terminal)
    monkey.undo()
    assert not complaints(STYLES.sub("", err) if on_terminal else err)
    assert "www.x.y" in err


def test_the_last_words_of_a_supervisor_are_one_line(tmp_path: Path) -> None:
    (tmp_path / lifecycle.LOG).write_bytes(f"first\nlast {nasty(0)}".replace("\n\t", "").encode() + b"\xff\n\n")
    words = lifecycle.last_words(tmp_path)
    assert words.endswith("www.x.y�")
    assert not complaints(words)


def test_json_keeps_what_is_stored(folder: Path) -> None:
    _, out, _ = said(["show", str(folder / STORE), "--json"], False)
    with Reader(folder / STORE) as reader:
        assert {row["label"] for row in json.loads(out)["final"]} == {run.label for run in reader.runs()}


def test_no_export_does_what_others_wrote(folder: Path, tmp_path: Path) -> None:
    to = tmp_path / "to"
    code, out, err = said(["export", str(folder / STORE), "--to", str(to), "--format", ",".join((*ALL, "json"))], False)
    assert (code, err) == (0, "")
    files = sorted(to.iterdir())
    assert {path.suffix.lstrip(".") for path in files} >= FORMATS.keys() & {"csv", "md", "tex", "svg", "pdf"}
    assert len(out.splitlines()) == len(files)
    for path in files:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}", path.name)
        if path.suffix == ".pdf":
            continue
        text = path.read_text(encoding="utf-8")
        assert not complaints(text), (path.name, complaints(text)[:3])
        match path.suffix:
            case ".json":
                json.loads(text)
            case ".csv":
                assert not list(worked_out(text)), path.name
            case ".tex":
                text = text.replace(LETTER, "")  # a definition of ours
                assert "\\input" not in text
                assert not re.search(r"(?<!\\)[#&~^](?!.*\\\\$)", re.sub(r" & ", "", text))
                assert len(re.findall(r"(?<!\\)\$", text)) % 2 == 0
            case ".md":
                assert not re.search(r"(?<!\\)<(?!/?sup>)|(?<!\\)\]\(|(?<!\\)://|www\.", text)


def test_files_of_problems_with_like_names_are_apart(tmp_path: Path) -> None:
    from hpobench_tui.export.material import slugs

    names = ["a/b", "A/B", "../b", "..", "/", "\x1b", "a-b", "x" * 5000, f"{'x' * 5000}y", "CON\0", "ä/b"]
    made = slugs(names)
    assert len({slug.casefold() for slug in made.values()}) == len(names)
    for slug in made.values():
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,150}", slug)


@pytest.mark.e2e
def test_a_run_of_a_hostile_plugin_reaches_terminal_and_log_as_text(tmp_path: Path) -> None:
    file = tmp_path / "file.toml"
    for names, more in (('"hostile/one", "hostile/dies"', ()), ('"hostile/one"', ("--json",))):
        text = FILE if "dies" in names else FILE.partition('[budgets."')[0]
        file.write_text(text.replace('"hostile"]', f"{names}]").replace("repetitions = 2", "repetitions = 1"))
        done = program.hpobench("run", file, "--headless", "--export", "--output", tmp_path / "out", *more)
        assert done.returncode == 1, done.stderr
        assert not complaints(done.stdout), complaints(done.stdout)
        assert not complaints(done.stderr), complaints(done.stderr)
        for line in done.stdout.splitlines() if more else ():
            json.loads(line)
    logs = list((tmp_path / "out").glob("*/supervisor.log"))
    assert len(logs) == 2
    for log in logs:
        text = log.read_text(errors="surrogateescape")
        assert r"two\x1b[A=1+1\x1b[2J" in text
        assert not complaints(text), complaints(text)[:3]
    for path in (tmp_path / "out").glob("*/exports/*"):
        assert path.suffix == ".pdf" or not DOES.search(path.read_text())

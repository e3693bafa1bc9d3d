"""Text that tries to do something where it is shown, stores that are full of it, and what is left of it."""

import csv
import json
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from factories import Row, change, history, insert, opened, run_row, store

DOES = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""Characters that do something instead of being seen; ends of lines and tabs are left out."""
STYLES = re.compile("\x1b\\[[0-9;]*m|\x1b\\[\\?25[lh]|(?:\r|\x1b\\[1A)+(?:\x1b\\[2K)?|\x1b\\[2K")
"""What Rich writes between words on a terminal, and to draw a bar anew."""
BEGINNINGS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1")
EVIL = (
    "\x1b[2J\x1b]0;title\x07\x1b[31m\x9b2J\x90q\x9c\b\x7f\r\x85\x0b\x0c\0\u202e\u2066\u200f\u061c\u2028\u2029\u200b\ufeff"
    "\U000e0041\ue000\n\t[bold]x[/bold][/][$nope][link=http://x]$x_1$|<b>&`~*_#\\input{/etc/passwd}%![x](http://x)"
    " www.x.y"
)
FORMULAS = "=+-@\t\r＝＋－＠"


def nasty(number: int) -> str:
    """A text of its own for each number, with all that is evil."""
    return f"{BEGINNINGS[number % len(BEGINNINGS)]}{number}{EVIL}"


def complaints(text: str) -> list[str]:
    """The characters of a text that do something, with what stands before them."""
    return [f"{text[max(0, m.start() - 30) : m.start()]!r} then {m[0]!r}" for m in DOES.finditer(text)]


def worked_out(text: str) -> Iterator[str]:
    """The cells of a CSV file that a spreadsheet would work out."""
    for line in csv.reader(StringIO(text)):
        for cell in line:
            if cell.lstrip(" ")[:1] and cell.lstrip(" ")[0] in FORMULAS:
                try:
                    float(cell)
                except ValueError:
                    yield cell


def hostile_store(folder: Path, status: str = "finished") -> Path:
    """Two problems, three optimizers, of which one run failed and one trial each, and every text is hostile."""
    runs: list[Row] = []
    trials: list[Row] = []
    texts = iter(map(nasty, range(1000)))
    problems = [f"suite/{next(texts)}", next(texts)]
    labels = [next(texts) for _ in range(3)]
    for problem in problems:
        for label in labels:
            number = len(runs)
            failed = number == 4
            runs.append(
                run_row(
                    number, problem=problem, optimizer=label, label=label, trials=10, failed_trials=1,
                    unit="fidelity", fidelity=next(texts), activity=next(texts), device=next(texts),
                    status="failed" if failed else "done", error=next(texts) if failed else None,
                )
            )  # fmt: skip
            rows = history(number, [None, *(1.0 / (n + 1) for n in range(9))])
            for row in rows:
                row["configuration"] = json.dumps({next(texts): next(texts), "\ud800": "\udfff", "number": -1.5})
                row["metrics"] = json.dumps({next(texts): -2.5, "\ud800": 1.0})
                row["worker"] = None
                row["fidelity"] = 1
            rows[0]["error"] = f"{next(texts)}\n{next(texts)}"
            trials += rows
    levels = ("info", "warning", "error")
    events = [(levels[n % 3], n, next(texts)) for n in range(6)]
    manifest = {next(texts): next(texts)}
    store(folder, runs, trials, status=status, events=events, manifest=manifest).close()
    with opened(folder) as connection:
        for problem in problems:
            marks = [{"problem": problem, "name": next(texts), "loss": 0.3, "source": next(texts)}]
            insert(connection, "landmark", marks)
        ((spec,),) = connection.execute("SELECT spec FROM experiment")
    said = json.loads(spec)
    said["notes"] = [next(texts), "\ud800"]
    said["skipped"] = [[problems[0], next(texts), next(texts)]]
    said["report"] = next(texts)
    change(folder, "UPDATE experiment SET spec = ?", json.dumps(said))
    return folder

"""Answers requests, one JSON line each, until its standard input ends."""

import json
import os
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TextIO

from hpobench_tui.core.describe import describe
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.looking.answers import Answers
from hpobench_tui.engine.running.replaying import ReplayDivergedError

Line = dict[str, Any]


def main() -> None:
    """Serve; standard output is for answers alone, whatever foreign code prints."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lines: SimpleQueue[Line] = SimpleQueue()
    threading.Thread(target=listen, args=(sys.stdin, lines), daemon=True).start()
    os.nice(10)
    answers = Answers(Path(sys.argv[1]))
    waiting: list[Line] = []
    while True:
        if not waiting:
            waiting.append(lines.get())
        while not lines.empty():
            waiting.append(lines.get())
        request = waiting.pop(0)
        if any(later["what"] == request["what"] for later in waiting):  # nobody waits for it any more
            say(out, {"id": request["id"], "again": True})
        else:
            say(out, {"id": request["id"], **answered(answers, request, out)})


def listen(source: TextIO, lines: "SimpleQueue[Line]") -> None:
    """Take requests down; when nobody can ask any more, end at once."""
    for line in source:
        lines.put(json.loads(line))
    os._exit(0)


def answered(answers: Answers, request: Line, out: TextIO) -> Line:
    """The answer, or why there is none."""

    def progress(done: int, total: int) -> None:
        say(out, {"id": request["id"], "done": done, "total": total})

    try:
        return {"answer": getattr(answers, request["what"])(**request["given"], progress=progress)}
    except (HpobenchError, ReplayDivergedError) as error:
        return {"wrong": str(error)}
    except Exception as error:  # noqa: BLE001 - somebody else's code
        return {"wrong": describe(error)}


def say(out: TextIO, line: Line) -> None:
    """One line; NaN and infinities are written as Python's ``json`` reads them."""
    out.write(json.dumps(line) + "\n")
    out.flush()


if __name__ == "__main__":
    main()

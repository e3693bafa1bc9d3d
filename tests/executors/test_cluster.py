"""What a Dask cluster is asked and told before and beside the work: addresses, seals, code of workers."""

import json
import os
import pickle
import platform
from pathlib import Path

import pytest

from hpobench_tui.core import Budget, HpobenchError
from hpobench_tui.core.identity import Identity
from hpobench_tui.engine.front import cluster, spec
from hpobench_tui.executors.cluster import address
from hpobench_tui.executors.cluster.address import Address
from hpobench_tui.executors.cluster.wire import Fence, Letter, opened, sealed

KEY = b"k" * 32


class Trap:
    """Who unpickles it, leaves a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp://head:8786", Address("tcp://head:8786")),
        (" tls://10.0.0.1:1 ", Address("tls://10.0.0.1:1")),
        ("tcp://[::1]:8786", Address("tcp://[::1]:8786")),
        ("local:4", Address(local=4)),
    ],
)
def test_addresses(text: str, expected: Address) -> None:
    assert address.read(text) == expected
    assert address.read(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "head:8786", "tcp://head", "tcp://:8786", "tcp://head:0", "tcp://head:99999", "tcp://head:x", "local",
        "local:", "local:0", "local:-1", "local:4.5", "local:2000", "local:99999", "http://head:80", "ucx://head:1",
        "tcp://user@head:8786", "tcp://head:8786/path", "tcp://[::1:8786", "tcp://head:8786?x=1",
        "tcp://head:8786#x", "tcp://head..org:8786", f"tcp://{'h' * 64}:8786",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(HpobenchError, match="--dask"):
        address.read(text)


def test_the_environment_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(address.VARIABLE, raising=False)
    assert address.named() is None
    monkeypatch.setenv(address.VARIABLE, "local:3")
    assert address.named() == Address(local=3)
    address.use(None)
    assert address.named() == Address(local=3)


def test_an_empty_one_is_not_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a script whose variable is not set."""
    monkeypatch.setenv(address.VARIABLE, "")
    with pytest.raises(HpobenchError, match="is no cluster"):
        address.use("")


def test_where_nobody_listens_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setenv(address.VARIABLE, "")  # put back afterwards
    with pytest.raises(HpobenchError, match=r"no scheduler answers at tcp://127\.0\.0\.1:1: "):
        address.use("tcp://127.0.0.1:1")


def test_only_what_was_sealed_is_unpickled(tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    letter = Letter("somebody", 3, (Fence(1), Fence(2)))
    assert opened(KEY, sealed(KEY, letter)) == letter
    whole, spring = sealed(KEY, letter), Letter("", 0, (Trap(trap),))
    forged = [
        sealed(b"j" * 32, spring), pickle.dumps(Trap(trap)), b"", b"\0" * 31, whole[:-1], whole + b".",
        whole[:32] + pickle.dumps(Trap(trap)), "text", None, 7,
    ]  # fmt: skip
    assert [opened(KEY, came) for came in forged] == [None] * len(forged)
    assert not trap.exists()
    opened(KEY, sealed(KEY, spring))
    assert trap.exists(), "the trap works"


def code(change: dict[str, object]) -> bytes:
    """What a supervisor says of its code, changed."""
    experiment = spec.build("test", ["synthetic/branin"], ["random"], Budget.of(3, "evaluations"))
    said = json.loads(cluster.code_of(experiment))
    for key, value in change.items():
        said[key] = said[key] | value if isinstance(value, dict) else value
    return json.dumps(said).encode()


def test_a_worker_with_the_same_code_is_fit() -> None:
    assert cluster.against(code({})) == []


@pytest.mark.parametrize("name", ["python", "hpobench-tui", "numpy", "scipy", "ConfigSpace"])
def test_another_version_is_named_with_ours(name: str) -> None:
    (line,) = cluster.against(code({"program": {name: "0.0.1"}, "experiment": "of another program: unreadable"}))
    assert line.startswith(f"{name} is 0.0.1 here and ")
    if name == "python":
        assert line.endswith(f"{platform.python_version()} there")


def test_other_code_of_an_optimizer_is_named_with_ours() -> None:
    other = Identity("77c1", "hpobench_baselines", libraries={"numpy": "1"}).to_cell()
    (line,) = cluster.against(code({"code": {"optimizer random": other}}))
    assert line.startswith("optimizer random is code 77c1 of hpobench_baselines, numpy 1 here and ")
    assert cluster.against(code({"code": {"optimizer gone": other}})) == [
        "it does not have optimizer gone (code 77c1 of hpobench_baselines, numpy 1)"
    ]

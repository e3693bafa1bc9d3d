"""HpBandSter turned round: its brackets, its model, its dying threads, its sockets, its randomness."""

import json
import logging
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("hpbandster")

from ConfigSpace import Categorical, ConfigurationSpace, Float, ForbiddenEqualsClause, OrdinalHyperparameter
from hpbandster.optimizers.bohb import BOHB

from hpobench_baselines.third_party import HPBANDSTER_BOHB, hpbandster_bohb, hpbandster_threads
from hpobench_baselines.third_party.hpbandster_bohb import HpBandSterBOHB
from hpobench_tui.core import Budget, Fidelity, HpobenchError, NotReady, Task
from hpobench_tui.core.brackets import hyperband
from hpobench_tui.testing.by_hand import trial

QUICK = 10.0
"""Seconds within which a dead thread must have become an error."""


def space() -> ConfigurationSpace:
    result = ConfigurationSpace()
    result.add(Float("x", (0.0, 1.0)), Categorical("c", ["a", "b"]), OrdinalHyperparameter("o", ["s", "m", "l"]))
    return result


def task(maximum=9, seed=5, space=space, **parameters) -> Task:
    settings = HPBANDSTER_BOHB.settings(parameters)
    return Task(space(), Fidelity("epochs", 1, maximum), Budget.of(10_000, "fidelity"), seed, settings)


@pytest.fixture
def bohb():
    optimizers = []

    def build(**kwargs):
        optimizers.append(HpBandSterBOHB(task(**kwargs)))
        return optimizers[-1]

    yield build
    for optimizer in optimizers:
        optimizer.close()


@pytest.mark.parametrize(("eta", "maximum"), [(3, 9), (3, 27), (3, 81), (2, 16), (2, 64), (4, 256), (3, 100)])
def test_brackets_are_the_librarys(eta, maximum):
    """In configurations exactly, in budgets up to the rounding down to whole units."""
    ours = hyperband(eta, maximum)
    library = SimpleNamespace(
        max_SH_iter=len(ours),
        eta=eta,
        budgets=maximum * np.power(float(eta), -np.linspace(len(ours) - 1, 0, len(ours))),
        config_generator=SimpleNamespace(get_config=None),
    )
    for number, bracket in enumerate(ours):
        theirs = BOHB.get_next_iteration(library, number)
        assert [rung.configurations for rung in bracket.rungs] == theirs.num_configs
        assert [rung.fidelity for rung in bracket.rungs] == [int(budget + 1e-9) for budget in theirs.budgets]


def test_promotes_the_best_and_continues_them(bohb):
    optimizer = bohb()
    told = []
    for number in range(13):  # bracket (9, 1) (3, 3) (1, 9)
        ask = optimizer.ask()
        told.append((ask, ask.configuration["x"]))
        optimizer.tell(trial(number, ask, ask.configuration["x"]))
    order = sorted(range(9), key=lambda i: told[i][1])
    assert [ask.fidelity for ask, _ in told] == [1] * 9 + [3] * 3 + [9]
    assert {ask.continues for ask, _ in told[9:12]} == set(order[:3])
    promoted = told[12][0]
    assert told[promoted.continues][0].configuration == told[order[0]][0].configuration
    assert promoted.continues >= 9  # the training that has reached 3, not the one that stood at 1


def test_its_model_finds_the_better_half(bohb):
    """With only model picks, once there is a model, most are near the optimum; random ones would be half and half."""
    optimizer = bohb(random_fraction=0.0, maximum=3)
    fresh = []
    for number in range(90):
        ask = optimizer.ask()
        if ask.continues is None:
            fresh.append(ask.configuration)
        loss = abs(ask.configuration["x"] - 0.9) + (ask.configuration["c"] == "b")
        optimizer.tell(trial(number, ask, loss))
    late = fresh[-20:]
    assert sum(c["x"] > 0.5 for c in late) >= 15
    assert sum(c["c"] == "a" for c in late) >= 15


def test_a_rung_of_crashes_is_filled_up_with_new_configurations(bohb):
    optimizer = bohb()
    for number in range(9):
        ask = optimizer.ask()
        optimizer.tell(trial(number, ask, None))
    ask = optimizer.ask()
    assert (ask.fidelity, ask.rung, ask.continues) == (3, 1, None)


def test_leaves_the_global_random_state_alone(bohb):
    np.random.seed(42)
    expected = np.random.RandomState(42).random_sample(30)
    optimizer = bohb()
    drawn = []
    for number in range(30):  # far enough for a model
        ask = optimizer.ask()
        drawn.append(np.random.random_sample())
        optimizer.tell(trial(number, ask, ask.configuration["x"]))
    assert drawn == list(expected)


def test_prints_nothing_and_is_not_ready_before_it_is_told(bohb, capfd):
    optimizer = bohb()
    for number in range(20):
        ask = optimizer.ask()
        with pytest.raises(NotReady):
            optimizer.ask()
        optimizer.tell(trial(number, ask, 1.0))
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""
    assert logging.getLogger("hpbandster").handlers == []  # the library's own, which belongs to others


def failing(optimizer, asks=3):
    start = time.monotonic()
    with pytest.raises(RuntimeError) as caught:  # noqa: PT012 - which of the tells notices is the library's affair
        for number in range(asks):
            ask = optimizer.ask()
            optimizer.tell(trial(number, ask, 1.0))
    assert time.monotonic() - start < QUICK
    return caught


def test_a_dead_master_becomes_an_error(bohb, monkeypatch):
    optimizer = bohb()

    def get_config(self, budget):
        raise ZeroDivisionError("in the sampler")

    monkeypatch.setattr(hpbandster_bohb.BOHB, "get_config", get_config)
    caught = failing(optimizer)
    assert "ZeroDivisionError: in the sampler" in str(caught.value)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_dead_job_runner_becomes_an_error(bohb, monkeypatch):
    """The library's own trap: serpent cannot serialise NumPy's strings, and the thread that sends a job dies of it."""
    optimizer = bohb()
    monkeypatch.setattr(hpbandster_bohb, "plain", lambda configuration: {"x": np.str_("a")})
    caught = failing(optimizer)
    assert "numpy.str_" in str(caught.value)


def test_a_dead_callback_becomes_an_error(bohb, monkeypatch):
    optimizer = bohb()

    def new_result(self, job, update_model=True):
        raise ZeroDivisionError("in the model")

    monkeypatch.setattr(hpbandster_bohb.BOHB, "new_result", new_result)
    assert "ZeroDivisionError: in the model" in str(failing(optimizer).value)


def test_a_deadlock_becomes_an_error(bohb, monkeypatch):
    optimizer = bohb()
    monkeypatch.setattr(hpbandster_threads, "STALLED_SECONDS", 0.5)
    monkeypatch.setattr(hpbandster_threads._Master, "_submit_job", lambda *args: time.sleep(0.01))
    assert "handed out no job" in str(failing(optimizer).value)


def test_random_search_in_place_of_the_model_is_an_error(bohb, monkeypatch):
    optimizer = bohb()
    original = hpbandster_bohb.BOHB.get_config

    def get_config(self, budget):
        self.logger.warning("Sampling based optimization with 64 samples failed. Using random configuration")
        return original(self, budget)

    monkeypatch.setattr(hpbandster_bohb.BOHB, "get_config", get_config)
    assert "its model was replaced by random search" in str(failing(optimizer).value)


def test_a_start_that_fails_leaves_no_thread(monkeypatch):
    before = set(threading.enumerate())

    def get_config(self, budget):
        raise ZeroDivisionError("at once")

    monkeypatch.setattr(hpbandster_bohb.BOHB, "get_config", get_config)
    with pytest.raises(RuntimeError, match="at once"):
        HpBandSterBOHB(task())
    time.sleep(0.1)
    assert {t.name for t in set(threading.enumerate()) - before} == set()


def sockets() -> int:
    count = 0
    for descriptor in range(1024):
        with suppress(OSError):  # not open
            count += stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    return count


def test_close_leaves_no_socket():
    before = sockets()
    for _ in range(3):
        optimizer = HpBandSterBOHB(task())
        for number in range(3):
            ask = optimizer.ask()
            optimizer.tell(trial(number, ask, 1.0))
        optimizer.close()
        del optimizer
    deadline = time.monotonic() + 5.0
    while sockets() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sockets() <= before


ATTACKER = """
import json, os, socket, sys
import Pyro4

pid, attack, spared = sys.argv[1:]

def doors():
    "Where the process listens: addresses of TCP, names of Unix sockets."
    links = (os.readlink(entry) for entry in os.scandir(f"/proc/{pid}/fd") if os.path.islink(entry))
    own = {link[8:-1] for link in links if link.startswith("socket:[")}
    for line in open("/proc/net/tcp"):
        fields = line.split()
        if fields[3] == "0A" and fields[9] in own:
            yield "127.0.0.1", int(fields[1].split(":")[1], 16)
    for line in open("/proc/net/unix"):
        fields = line.split()
        if fields[3] == "00010000" and fields[6] in own:
            yield fields[7].replace("@", chr(0), 1)

def connection(door):
    result = socket.socket(socket.AF_UNIX if isinstance(door, str) else socket.AF_INET)
    result.connect(door)
    return result

found = list(doors())
Pyro4.config.COMMTIMEOUT = 2.0
held = []
for door in found:
    if door[-1] == int(spared):
        continue
    try:
        if attack == "silent":
            held += [connection(door) for _ in range(60)]
        elif attack in ("garbage", "half"):
            held.append(connection(door))
            held[-1].sendall(os.urandom(4096) if attack == "garbage" else b"PYRO" + bytes(4))
        else:
            names = Pyro4.Proxy(f"PYRO:Pyro.NameServer@{door[0]}:{door[1]}")
            listed = names.list(prefix="hpbandster")
            for name, uri in listed.items():
                if attack == "shutdown" and ".worker." in name:
                    Pyro4.Proxy(uri).shutdown()
                if attack == "loss" and name.endswith(".dispatcher"):
                    false = {"result": {"loss": -1e9, "info": None}, "exception": None}
                    Pyro4.Proxy(uri).register_result((0, 0, 0), false)
                if attack == "job" and ".worker." in name:
                    job = {"config": {"x": 0.5}, "budget": 1, "working_directory": ""}
                    Pyro4.Proxy(uri).start_computation(names, (0, 0, 8), **job)
                if attack == "names":
                    names.remove(name)
    except (OSError, Pyro4.errors.PyroError):
        pass
print(json.dumps(found), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="finds sockets in /proc")
@pytest.mark.parametrize("attack", ["silent", "garbage", "half", "shutdown", "loss", "job", "names"])
def test_another_process_can_neither_stop_nor_feed_a_run(bohb, attack, monkeypatch):
    monkeypatch.setattr(hpbandster_threads, "STALLED_SECONDS", QUICK)
    with socket.create_server(("127.0.0.1", 0)) as own:
        before, attacked = bohb(), bohb()
        port = own.getsockname()[1]
        command = [sys.executable, "-c", ATTACKER, str(os.getpid()), attack, str(port)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as attacker:
            found = json.loads(attacker.stdout.readline())
            time.sleep(0.2)  # for what is only sent
            for number in range(20):
                asks = [optimizer.ask() for optimizer in (before, attacked)]
                assert asks[0] == asks[1]
                for optimizer, ask in zip((before, attacked), asks, strict=True):
                    optimizer.tell(trial(number, ask, ask.configuration["x"]))
            attacker.stdin.close()
        assert found == [["127.0.0.1", port]]  # it looks well, and there is no other door


def test_a_run_keeps_no_files(bohb, tmp_path, monkeypatch):
    """So that none are left, however it ends."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    optimizer = bohb()
    for number in range(13):
        ask = optimizer.ask()
        optimizer.tell(trial(number, ask, ask.configuration["x"]))
    assert list(tmp_path.iterdir()) == []


def test_two_at_a_time_do_not_meet(bohb):
    first, second, alone = bohb(seed=1), bohb(seed=2), bohb(seed=1)
    for number in range(12):
        asks = [optimizer.ask() for optimizer in (first, second, alone)]
        assert asks[0] == asks[2] != asks[1]
        for optimizer, ask in zip((first, second, alone), asks, strict=True):
            optimizer.tell(trial(number, ask, ask.configuration["x"]))


def test_refuses_forbiddens_and_problems_without_fidelity():
    def with_forbidden():
        result = space()
        result.add(ForbiddenEqualsClause(result["c"], "b"))
        return result

    with pytest.raises(HpobenchError, match="forbiddens are refused"):
        HpBandSterBOHB(task(space=with_forbidden))
    with pytest.raises(HpobenchError, match="fidelity"):
        HpBandSterBOHB(Task(space(), None, Budget.of(1, "evaluations"), 0, HPBANDSTER_BOHB.settings({})))

"""What the cost benchmark measures and how it divides; not how fast anything is."""

import json
import math

import numpy as np
import pytest

from benchmarks import cost
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.space import samples, validator


def test_loss_is_finite_and_least_where_it_should_be() -> None:
    space = cost.space(floats_only=False)
    drawn = samples(space, np.random.default_rng(1))
    least = {"x": 0.0, "rate": 1e-3, "depth": 12, "kind": "b", "size": 64}
    assert validator(space)(least) is None
    assert cost.loss(least) == pytest.approx(0.0)
    assert all(cost.loss(next(drawn)) > 0.0 for _ in range(200))
    assert cost.loss(least, 4) == pytest.approx(0.5)


def test_floats_have_a_loss_too() -> None:
    drawn = next(samples(cost.space(floats_only=True), np.random.default_rng(1)))
    x = list(drawn.values())
    assert cost.loss(drawn) == pytest.approx(sum((x[i] - 0.3 * x[i + 1]) ** 2 + 0.2 * x[i + 1] ** 2 for i in range(4)))


@pytest.mark.parametrize(("name", "fidelity"), [("random", None), ("hyperband", cost.FIDELITY)])
def test_every_evaluation_is_timed(name: str, fidelity: object) -> None:
    timed = cost.Timed(name, 30, fidelity, 5)
    for _ in range(30):
        timed.step()
    timed.close()
    assert len(timed.milliseconds) == 30
    assert all(0.0 <= ms < 1000.0 for ms in timed.milliseconds)


def test_ratios_are_of_the_same_repetition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two made-up optimizers whose cost is known: ours grows with n, the peer's with the repetition."""

    class Known:
        made = 0

        def __init__(self, name: str, evaluations: int, fidelity: object, seed: int) -> None:
            self.name, self.milliseconds = name, []
            self._base = float(Known.made // 2 + 1)
            Known.made += 1

        def step(self) -> None:
            self.milliseconds.append(len(self.milliseconds) + 1.0 if self.name == "ours" else 100.0 * self._base)

        def close(self) -> None: ...

    monkeypatch.setattr(cost, "Timed", Known)
    (whole,) = cost.compare(cost.Comparison("ours", (("peer", 0.5),)), ["ours", "peer"], 3)
    assert (whole.ours_ms, whole.peer_ms) == (100.5, 200.0)
    assert (whole.ratio, whole.minimum, whole.maximum) == pytest.approx((100.5 / 200, 100.5 / 300, 1.005))
    assert whole.verdict == "MISSED"
    Known.made = 0
    (last,) = cost.compare(cost.Comparison("ours", (("peer", math.inf),), last=True), ["ours", "peer"], 1)
    assert last.ours_ms == 190.5
    assert last.verdict == "no limit"


def test_growth_takes_the_evaluations_before_n(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting(cost.Timed):
        def step(self) -> None:
            super().step()
            self.milliseconds[-1] = float(len(self.milliseconds))

    monkeypatch.setattr(cost, "Timed", Counting)
    assert cost.growth("random", 220) == {50: 40.5, 200: 190.5}


@pytest.mark.parametrize("form", [{"markdown": True}, {"as_json": True}, {}])
def test_prints_ratios(
    form: dict[str, bool], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cost, "EVALUATIONS", 25)
    comparison = cost.Comparison("random", (("hyperband", 1e6), ("absent", 1.0)), last=True, fidelity=True)
    cost._print_ratios([comparison], 2, **{"markdown": False, "as_json": False} | form)
    told = capsys.readouterr()
    assert "absent" in told.err
    if "as_json" in form:
        (ratio,) = json.loads(told.out)
        assert (ratio["peer"], ratio["limit"]) == ("hyperband", 1e6)
        assert 0.0 < ratio["minimum"] <= ratio["ratio"] <= ratio["maximum"]
    else:
        assert "hyperband" in told.out
        assert "kept" in told.out


def test_prints_growth(capsys: pytest.CaptureFixture[str]) -> None:
    cost._print_growth(["random"], 50, markdown=True, as_json=False)
    header, _, row = capsys.readouterr().out.splitlines()
    assert header == "| ms at n = | 50 |"
    assert row.startswith("| random | 0.")


def test_missing_ones_are_left_out_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(cost.available(["random", "no-such-optimizer"])) == ["random"]
    assert "no-such-optimizer" in capsys.readouterr().err


def test_every_peer_that_is_timed_is_known() -> None:
    from benchmarks import peers

    for comparison in cost.COMPARISONS:
        for peer, limit in comparison.limits:
            assert peers.find(peer).name == peer
            assert limit > 0.0
    with pytest.raises(HpobenchError):
        peers.find("nobody")

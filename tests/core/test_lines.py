"""Lines that processes of ours say, between what others' code prints there."""

import pytest

from hpobench_tui.core.brackets import Bracket, Rung
from hpobench_tui.core.lines import object_of
from hpobench_tui.engine.front.plans import planned


@pytest.mark.parametrize("text", ["", "loading …", "3", "[1]", '"text"', "null", b"\xff{}", "[" * 100_000, '{"a":'])
def test_what_is_no_object_is_none(text: str | bytes) -> None:
    assert object_of(text) is None


def test_an_object_is_read() -> None:
    assert object_of('{"a": [1, NaN]} \n') is not None
    assert object_of(b"{}") == {}


def test_a_plan_is_found_between_what_an_optimizer_prints() -> None:
    answer = '{"brackets": [[1, [[3, 1], [1, 3]]]]}'
    wanted = (Bracket(1, (Rung(3, 1), Rung(1, 3))),)
    assert planned(f"hello\n{answer}\ngood bye\n3\n") == wanted
    assert planned('{"brackets": []}\n{"other": 1}\n') == ()
    assert planned("42\n") is None
    assert planned('{"brackets": [[1]]}\n') is None

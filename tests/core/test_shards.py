"""Shards: every run in exactly one, and whatever makes runs dear is spread evenly."""

from collections import Counter
from collections.abc import Callable, Hashable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpobench_tui.core import Budget, HpobenchError
from hpobench_tui.core.experiment import Contender, Experiment
from hpobench_tui.core.shards import MOST_SHARDS, Shard, dealt
from hpobench_tui.store.experiment_json import experiment_from_json, experiment_to_json

SHAPES = st.tuples(*[st.integers(1, 6)] * 2, st.integers(1, 12), st.integers(1, 40))


def matrix(problems: int, optimizers: int, repetitions: int, **more: object) -> Experiment:
    names = [f"suite/p{n}" for n in range(problems)]
    contenders = tuple(Contender("random", f"c{n}") for n in range(optimizers))
    budgets = dict.fromkeys(names, Budget.of(5, "evaluations"))
    return Experiment("test", tuple(names), contenders, budgets, repetitions, 0, **more)  # type: ignore[arg-type]


def spread(pairs: list[tuple[str, str]], shards: int, by: Callable[[tuple[str, str]], Hashable]) -> int:
    """By how many runs of one kind shards differ, at most."""
    counts: dict[Hashable, Counter[int]] = {}
    for pair, shard in zip(pairs, dealt(pairs, shards), strict=True):
        counts.setdefault(by(pair), Counter())[shard] += 1
    return max(max(own.values()) - min(own[n] for n in range(1, shards + 1)) for own in counts.values())


@given(SHAPES, st.data())
def test_every_run_is_in_one_shard_with_the_seeds_and_the_order_of_the_whole(
    shape: tuple[int, int, int, int], data: st.DataObject
) -> None:
    problems, optimizers, repetitions, shards = shape
    skips = st.sets(st.tuples(st.integers(0, problems - 1), st.integers(0, optimizers - 1)), max_size=4)
    skipped = tuple((f"suite/p{p}", f"c{c}", "cannot") for p, c in data.draw(skips))
    whole = matrix(problems, optimizers, repetitions, skipped=skipped)
    parts = [
        matrix(problems, optimizers, repetitions, skipped=skipped, shard=Shard(n + 1, shards)) for n in range(shards)
    ]
    runs = [part.runs() for part in parts]
    place = {(key.problem, key.contender.label, key.repetition): n for n, key in enumerate(whole.runs())}
    places = [[place[key.problem, key.contender.label, key.repetition] for key in own] for own in runs]
    assert sorted(n for own in places for n in own) == list(range(len(whole.runs())))
    assert all(own == sorted(own) for own in places)
    assert all(part.seeds(key) == whole.seeds(key) for part, own in zip(parts, runs, strict=True) for key in own)


@given(SHAPES, st.data())
def test_all_runs_and_those_of_one_problem_are_even_to_one(
    shape: tuple[int, int, int, int], data: st.DataObject
) -> None:
    problems, optimizers, repetitions, shards = shape
    pairs = [(f"p{p}", f"c{c}") for _ in range(repetitions) for p in range(problems) for c in range(optimizers)]
    kept = data.draw(st.sets(st.sampled_from(sorted(set(pairs))), min_size=1))
    pairs = [pair for pair in pairs if pair in kept]
    assert spread(pairs, shards, lambda pair: 0) <= 1
    assert spread(pairs, shards, lambda pair: pair[0]) <= 1


@pytest.mark.parametrize(
    ("problems", "optimizers", "repetitions", "shards"),
    [(4, 4, 1, 4), (2, 2, 5, 10), (3, 3, 1, 4), (10, 10, 10, 10), (1, 10, 100, 7), (100, 10, 10, 1000), (5, 12, 20, 8)],
)  # fmt: skip
def test_no_shard_gets_only_the_dear_pair(problems: int, optimizers: int, repetitions: int, shards: int) -> None:
    """Round-robin over the runs as they come fails in the first three: all runs of an optimizer in one shard."""
    repeated = product(range(repetitions), range(problems), range(optimizers))
    pairs = [(f"p{p}", f"c{c}") for _, p, c in repeated]
    assert spread(pairs, shards, lambda pair: pair[1]) <= 2
    assert spread(pairs, shards, lambda pair: pair) <= 1


@pytest.mark.parametrize(
    "text", ["", "3", "0/8", "9/8", "3/0", "-1/2", "1/2/3", "a/b", f"1/{MOST_SHARDS + 1}", "1.5/2", "٣/8"]
)
def test_what_is_no_shard_is_told(text: str) -> None:
    with pytest.raises(HpobenchError, match=r"^--shard: must be i/n, as in 3/8"):
        Shard.read(text, "--shard")


def test_a_shard_is_written_and_read_back_and_a_hostile_one_refused() -> None:
    part = matrix(2, 2, 3, shard=Shard(2, 3))
    text = experiment_to_json(part)
    assert experiment_from_json(text) == part
    assert part.folder == "test-shard-2-of-3"
    assert "shard" not in experiment_to_json(matrix(2, 2, 3)), "earlier versions do not know it"
    with pytest.raises(HpobenchError, match="must be i/n"):
        experiment_from_json(text.replace("[2, 3]", "[1, 1000000000]"))


def test_there_may_be_more_shards_than_runs() -> None:
    assert [len(matrix(1, 1, 2, shard=Shard(n, 5)).runs()) for n in range(1, 6)] == [1, 1, 0, 0, 0]

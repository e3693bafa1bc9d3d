"""What a table shows of its rows, and where its cursor is, while rows change, are sorted and filtered."""

import math
import time
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpobench_tui.tui.widgets.table import Cell, Column, Lazy, Rows, Table, listed, numbers
from hpobench_tui.tui.widgets.table.order import Order

COLUMNS = (Column("name"), *numbers("value"))


@dataclass(frozen=True, eq=False)
class Thing:
    """Something with a key, which is another object when it changed."""

    key: int
    name: str
    value: float | None
    failed: bool


def cells(thing: Thing) -> tuple[Cell, ...]:
    return Cell(thing.name, value=thing.name), Cell("·" if thing.value is None else str(thing.value), value=thing.value)


def tracked(things: list[Thing]) -> Rows:
    """Rows that are asked again only where they changed."""
    return Lazy(
        things, cells, key=lambda t: t.key, value=lambda t, column: t.value if column else t.name,
        text=lambda t: t.name, failed=lambda t: t.failed,
    )  # fmt: skip


def untracked(things: list[Thing]) -> Rows:
    return Lazy(things, cells, key=lambda t: t.key, text=lambda t: t.name, failed=lambda t: t.failed)


def expected(things: list[Thing], table: Table) -> list[int]:
    """The keys that are shown, by the plainest means."""
    order = table._order
    shown = [t for t in things if all(word in t.name.casefold() for word in order.pattern.casefold().split())]
    if order.column == 0:
        shown.sort(key=lambda t: t.name, reverse=order.descending)
    elif order.column == 1:
        there = [t for t in shown if t.value is not None and not math.isnan(t.value)]
        there.sort(key=lambda t: t.value or 0.0, reverse=order.descending)
        shown = there + [t for t in shown if t not in there]
    if order.failures_first:
        shown.sort(key=lambda t: not t.failed)
    return [t.key for t in shown]


VALUES = st.one_of(st.none(), st.floats(), st.integers(-3, 3).map(float))
NAMES = st.sampled_from(["a", "ab", "b", "ba", "ca"])
FRESH = st.lists(st.tuples(st.integers(0, 30), NAMES, VALUES, st.booleans()), max_size=12)
STEPS = st.one_of(
    st.tuples(st.just("change"), FRESH),
    st.tuples(st.just("remove"), st.sets(st.integers(0, 30), max_size=10)),
    st.tuples(st.just("shuffle"), st.randoms(use_true_random=False)),
    st.tuples(st.just("filter"), st.sampled_from(["", "a", "B", "a b", "zz"])),
    st.tuples(st.just("move"), st.integers(-5, 5)),
    st.tuples(st.sampled_from(["sort", "reverse", "failures"]), st.none()),
)


@pytest.mark.parametrize("rows", [tracked, untracked])
@settings(deadline=None, max_examples=150)
@given(steps=st.lists(STEPS, max_size=14))
def test_what_is_shown_and_where_the_cursor_is(rows: Any, steps: list[tuple[str, Any]]) -> None:
    table, things = Table(COLUMNS), [Thing(k, "ab"[k % 2], float(k), k == 3) for k in range(5)]
    table.fill(rows(things))
    for verb, what in steps:
        before = table.cursor_key
        match verb:
            case "change":
                new = {key: Thing(key, *rest) for key, *rest in what}
                kept = [new.pop(t.key, t) for t in things]
                things = kept + list(new.values())
            case "remove":
                things = [t for t in things if t.key not in what]
            case "shuffle":
                things = list(things)
                what.shuffle(things)
            case "filter":
                table._narrow(what)
            case "move":
                table.action_move(what)
                before = table.cursor_key
            case "sort":
                table.action_sort()
            case "reverse":
                table.action_reverse()
            case "failures":
                table.action_failures_first()
        table.fill(rows(list(things)))
        shown = expected(things, table)
        assert [table._rows.key(i) for i in table._order.places] == shown
        assert table.row_count == len(shown)
        if not shown:
            assert table.cursor_key is None
        else:
            assert shown[table._place] == table.cursor_key == things[table.cursor].key
            assert before not in shown or table.cursor_key == before, verb


def test_the_cursor_comes_back_to_a_thing_that_was_away() -> None:
    table = Table(COLUMNS)
    things = [Thing(k, "a", float(k), False) for k in range(4)]
    table.fill(tracked(things))
    table.move_to(2)
    table.fill([], "reading")
    assert table.cursor_key is None
    table.fill(tracked(things[1:]))
    assert (table.cursor_key, table.cursor) == (2, 1)


def test_follow_goes_with_the_last_row_unless_somebody_looks_at_another() -> None:
    table = Table(COLUMNS, follow=True)
    things = [Thing(k, "a", float(k), False) for k in range(4)]
    table.fill(tracked(things))
    assert table.cursor_key == 3
    table.fill(tracked([*things, Thing(9, "a", 0.0, False)]))
    assert table.cursor_key == 9
    table.move_to(1)
    table.fill(tracked([*things, Thing(10, "a", 0.0, False)]))
    assert table.cursor_key == 1


@pytest.mark.parametrize(
    ("texts", "ordered"),
    [
        (["b-10", "b-9", "B-2", "a"], ["a", "B-2", "b-9", "b-10"]),
        (["1e3", "-2", "0.5", "·", "nan", "40"], ["-2", "0.5", "40", "1e3", "·", "nan"]),
        (["9" * 5000, "10", "x" + "9" * 5000, "x10"], ["10", "9" * 5000, "x10", "x" + "9" * 5000]),
        (["日本", "[b]", "\x1b[2J", ""], ["[b]", "\\x1b[2J", "日本", ""]),
    ],
)
def test_texts_sort_as_people_expect(texts: list[str], ordered: list[str]) -> None:
    table = Table(COLUMNS[:1])
    table.fill([(Cell(text),) for text in texts])
    table.action_sort()
    assert [row[0].text for row in table.rows] == ordered


def test_numbers_of_all_kinds_sort_together() -> None:
    values = [10**400, 1e308, -math.inf, None, math.nan, 0, True, "text"]
    order = Order()
    order.take(listed([(Cell("x", value=value),) for value in values]))
    order.sort(0)
    assert [repr(values[i]) for i in order.places][:6] == [
        "-inf", "0", "True", "1e+308", repr(10**400), "'text'",
    ]  # fmt: skip


def test_ten_thousand_rows_are_asked_once_for_what_a_filter_and_a_sort_need() -> None:
    asked: list[int] = []

    def value(thing: Thing, column: int) -> float | None:
        asked.append(thing.key)
        return thing.value

    def rows(things: list[Thing]) -> Rows:
        return Lazy(things, cells, key=lambda t: t.key, value=value, text=lambda t: t.name)

    things = [Thing(k, f"name-{k}", float(-k), False) for k in range(10_000)]
    table = Table(COLUMNS)
    table.fill(rows(things))
    assert asked == []
    table.action_sort()
    assert len(asked) == 10_000
    table._narrow("99")
    table.action_reverse()
    things = [*things[:5], Thing(5, "name-99", 1e9, False), *things[6:], Thing(10_000, "name-99", -1e9, False)]
    table.fill(rows(things))
    assert asked[10_000:] == [5, 10_000]
    assert (table.rows[0][0].text, table.rows[-1][0].text) == ("name-99", "name-99")


def test_ten_thousand_rows_cost_little() -> None:
    """CPU seconds, the best of a few: a busy machine only ever makes them more."""

    def best(act: Any, times: int = 7) -> float:
        found = []
        for _ in range(times):
            start = time.process_time()
            act()
            found.append(time.process_time() - start)
        return min(found)

    things = [Thing(k, f"suite/problem-{k % 40} optimizer-{k % 17}", float(k * 7919 % 10_007), False)
              for k in range(10_000)]  # fmt: skip
    table = Table(COLUMNS)
    table.fill(tracked(things))
    assert best(lambda: table.fill(tracked(list(things)))) <= 0.002
    assert best(lambda: (table._order.sort(None), table.action_sort())) <= 0.05
    assert best(lambda: (table._order.take(listed([])), table.fill(tracked(things)), table._narrow("m-3"))) <= 0.05
    assert best(lambda: table.fill(tracked(list(things)))) <= 0.004

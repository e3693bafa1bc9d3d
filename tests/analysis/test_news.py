"""News: what is told, once for what is alike."""

from dataclasses import replace

from factories import experiment_of, run_of, run_row
from hpobench_tui.analysis.final import FinalRow, final_row, placed
from hpobench_tui.analysis.news import News, outcome
from hpobench_tui.analysis.ranks import average_ranks
from hpobench_tui.analysis.reached import Reached
from hpobench_tui.core.status import ExperimentStatus
from hpobench_tui.store.reader import EventRow

EXPERIMENT = experiment_of([run_row(0)])


def event(id: int, message: str, level: str = "info", run: int | None = None) -> EventRow:
    return EventRow(id=id, time=1000.0 + id, level=level, run=run, message=message)


def table(medians: dict[str, float], problem: str = "toy/one", runs: int = 4, ended: int = 4) -> list[FinalRow]:
    """A problem's rows: of each label so many runs, of which so many have finished, all with that value."""
    rows = []
    for label, value in medians.items():
        own = [
            run_of(i, problem=problem, label=label, repetition=i, status="done" if i < ended else "waiting")
            for i in range(runs)
        ]
        rows.append(final_row(own, {i: Reached(value, False) for i in range(ended)}))
    return placed(rows)


def pairs(*tables: list[FinalRow]) -> dict[tuple[str, str], FinalRow]:
    return {(row.problem, row.label): row for rows in tables for row in rows}


def texts(news: News, *kinds: str) -> list[str]:
    return [line.text for line in news.lines if not kinds or line.kind in kinds]


def test_runs_that_fail_alike_are_one_line_with_a_count() -> None:
    news = News(EXPERIMENT)
    news.runs([run_of(0, status="failed", error="ValueError: 3 is no good\nTraceback")], 10.0)
    assert texts(news) == ["random on toy/one, seed 0 failed: ValueError: 3 is no good"]
    news.runs([run_of(i, status="failed", repetition=i, error=f"ValueError: {i} is no good") for i in (1, 2)], 11.0)
    assert texts(news) == ["3 runs of random on toy/one failed: ValueError: 2 is no good"]
    news.runs([run_of(3, problem="toy/two", status="failed", error="ValueError: 4 is no good")], 12.0)
    assert texts(news) == ["4 runs of random on 2 problems failed: ValueError: 4 is no good"]
    news.runs([run_of(4, status="failed", label="b", error="ValueError: 4 is no good")], 13.0)
    news.runs([run_of(5, status="failed", error=None)], 14.0)
    assert [line.count for line in news.lines] == [4, 1, 1]
    assert texts(news)[-1].endswith("failed: no reason given")


def test_a_failed_run_that_is_tried_again_is_no_news_any_more() -> None:
    news = News(EXPERIMENT)
    news.runs([run_of(i, status="failed", repetition=i, error="no") for i in range(2)], 10.0)
    news.runs([run_of(0, status="waiting")], 11.0)
    assert texts(news) == ["random on toy/one, seed 1 failed: no"]
    news.runs([run_of(1, status="running")], 12.0)
    assert texts(news) == []


def test_leaders_are_told_when_they_change_and_have_half_of_their_seeds() -> None:
    news = News(EXPERIMENT)
    news.leaders({}, 1.0)
    news.leaders(pairs(table({"a": 1.0, "b": 2.0}, ended=1)), 2.0)
    assert texts(news) == [], "the first seeds make nobody a leader"
    news.leaders(pairs(table({"a": 1.0, "b": 2.0}, ended=2)), 3.0)
    assert texts(news) == ["a leads toy/one: median 1, 2 of 4 seeds so far"]
    news.leaders(pairs(table({"a": 1.0, "b": 1.0}, ended=3)), 4.0)
    assert texts(news) == ["a leads toy/one: median 1, 2 of 4 seeds so far"], "a tie is no news"
    news.leaders(pairs(table({"a": 1.0, "b": 0.5})), 5.0)
    assert texts(news) == ["b leads toy/one (was a): median 0.5"]


def test_who_leads_already_at_the_first_look_is_one_line() -> None:
    news = News(EXPERIMENT)
    news.leaders(pairs(*(table({"a": n % 3, "b": 1.5}, f"toy/{n}") for n in range(5))), None)
    assert texts(news) == ["a leads 4 problems, b leads 1 problem"]
    news = News(EXPERIMENT)
    news.leaders(pairs(table({"a": 1.0, "b": 2.0}), table({"a": 1.0, "b": 2.0}, "toy/two", ended=3)), None)
    assert texts(news) == ["a leads 2 problems so far"]


def test_a_straggler_is_told_once_until_it_ends() -> None:
    news = News(EXPERIMENT)
    others = [run_of(i, repetition=i, seconds=20.0) for i in range(3)]
    slow = run_of(9, repetition=9, status="running", seconds=59.0)
    news.runs([*others[:2], slow.replaced(seconds=600.0)], 1.0)
    assert texts(news) == [], "too few others"
    news.runs([others[2], slow], 2.0)
    assert texts(news) == []
    news.runs([slow.replaced(seconds=61.0)], 3.0)
    news.runs([slow.replaced(seconds=90.0)], 4.0)
    assert texts(news) == ["random on toy/one, seed 9 takes 61 s so far; 3 others took 20 s"]
    news.runs([run_of(9, repetition=9, seconds=95.0)], 5.0)
    assert texts(news) == []


def test_pairs_that_are_left_out_are_one_line() -> None:
    skipped = tuple((f"toy/{n}", label, f"{label} has no fidelity") for n in range(3) for label in ("a", "b"))
    news = News(replace(EXPERIMENT, skipped=skipped))
    news.events([event(1, "left out: a on toy/0: has no fidelity", "warning")])
    assert len(news.lines) == 1
    assert texts(news)[0].startswith("6 pairs cannot run and are left out: ")


def test_the_log_is_told_but_for_what_is_told_otherwise() -> None:
    news = News(EXPERIMENT)
    news.events(
        [event(1, "2 runs to go"), event(2, "a on toy/one failed: no", "error", 0), event(3, "slow", "warning")]
    )
    news.runs([run_of(0, status="failed", error="no")], None)
    assert texts(news) == ["2 runs to go", "random on toy/one, seed 0 failed: no", "slow"], "by time"
    assert [line.time for line in news.lines] == [1001.0, 1002.0, 1003.0]


def test_the_end_names_who_did_best() -> None:
    rows = pairs(*(table({"a": 1.0, "b": 2.0}, f"toy/{n}") for n in range(3)), table({"a": 3.0, "b": 2.0}, "toy/9"))
    ranking = average_ranks(list(rows.values()))
    news = News(EXPERIMENT)
    news.events([event(1, "finished")])
    news.end(ExperimentStatus.FINISHED, rows, ranking)
    assert texts(news, "end") == ["finished: a has the lowest average rank, 1.25, and wins 3 of 4 problems"]
    one = pairs(table({"a": 1.0, "b": 2.0}))
    assert outcome(one, average_ranks(list(one.values()))) == ("a has the lowest median, 1", "a")
    level = pairs(table({"a": 1.0, "b": 1.0}), table({"a": 1.0, "b": 1.0}, "toy/two"))
    assert outcome(level, average_ranks(list(level.values()))) == ("a, b tie at average rank 1.50", "a")
    assert outcome({}, average_ranks([])) is None

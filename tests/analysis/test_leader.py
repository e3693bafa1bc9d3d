"""Who is ahead."""

from test_analysis_final import ending

from factories import run_of
from hpobench_tui.analysis.final import FinalRow, final_table
from hpobench_tui.analysis.leader import leader
from hpobench_tui.store.reader import ProgressTable


def rows(*losses: tuple[str, str, float], status: str = "done") -> list[FinalRow]:
    """Of (problem, label, loss), a run each."""
    runs = [
        run_of(i, problem=problem, label=label, optimizer=label, status=status)
        for i, (problem, label, _) in enumerate(losses)
    ]
    ends: dict[int, ProgressTable] = {i: ending(loss) for i, (*_, loss) in enumerate(losses)}
    return final_table(runs, ends)


def test_of_one_problem_the_lowest_median() -> None:
    found = leader(rows(("p", "a", 2.0), ("p", "b", 1.0)))
    assert (found.words, found.rule) == ("b", "lowest median simple regret")
    assert leader(rows(("p", "a", 1.0), ("p", "b", 1.0), ("p", "c", 1.0), ("p", "d", 2.0))).words == "a = 2 more"


def test_of_several_the_best_average_rank_and_over_what_is_said() -> None:
    found = leader(rows(("p", "a", 2.0), ("p", "b", 1.0), ("q", "a", 2.0), ("q", "b", 1.0), ("q", "c", 0.0)))
    assert (found.labels, found.rule) == (("b",), "best average rank, 1.00, over 2 of 2 problems; not ranked: c")
    level = leader(rows(("p", "a", 2.0), ("p", "b", 1.0), ("q", "a", 1.0), ("q", "b", 2.0)))
    assert level.words == "a = b"


def test_where_nobody_can_be_told_to_be_it_is_said_why() -> None:
    assert leader(rows(("p", "a", 2.0))).rule == "there is only one optimizer"
    assert leader(rows(("p", "a", 2.0), ("p", "b", 1.0), status="running")).rule == "no two have finished runs"
    assert not leader([]).labels

"""docs/cards.md says of each real problem what its description says."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from hpobench_tui.core.compatibility import missing

CARDS = runpy.run_path(str(Path(__file__).parents[1] / "docs/figures/cards.py"))


def test_each_real_problem_has_a_card_in_step_with_its_description() -> None:
    cards, behind = CARDS["old_cards"](), []
    for info in CARDS["real_problems"]():
        kind = "optimum" if info.reference.exact else "reference"
        facts = [
            f"\n{info.summary}.\n",
            *([] if missing(info) else [f"| {kind} | {CARDS['_cell'](CARDS['reference'](info))} |"]),
            *([f"| licence of its data | {info.licence} |"] if info.licence and not missing(info) else []),
        ]
        if not all(fact in cards.get(info.id, "") for fact in facts):
            behind.append(info.id)
    assert behind == [], "python docs/figures/cards.py makes their cards anew"


def test_pictures_that_cards_name_are_there_and_no_others() -> None:
    text = CARDS["PAGE"].read_text(encoding="utf-8")
    for picture in CARDS["PICTURES"].iterdir():
        assert f"figures/cards/{picture.name})" in text
    assert text.count("![") == len(list(CARDS["PICTURES"].iterdir()))


@pytest.mark.parametrize(
    ("values", "words", "line"),
    [
        ([0.01, 0.1, 1.0, 2.0], "loss, logarithmic", True),
        ([-1.0, 2.0, 3.0, 4.0], "loss; ", True),
        ([3.0, 3.0, 3.0], "loss; ", True),
        ([5.0, 6.0, 7.0], "loss; ", False),
    ],
)
def test_a_histogram_shows_the_reference_where_it_is_in_sight(values: list[float], words: str, line: bool) -> None:
    losses = CARDS["Losses"](np.array(values)[:, None], "three", None)
    reference = min(values) if line else 1.0
    svg = CARDS["drawing"](losses, reference)
    assert words in svg
    assert ("#D55E00" in svg) == line
    assert "nan" not in svg


def test_noise_is_that_between_seeds_and_failures_are_left_out() -> None:
    losses = CARDS["Losses"](np.array([[1.0, 3.0], [5.0, np.nan], [np.nan, np.nan], [0.0, 4.0]]), "four", None)
    assert losses.means.tolist() == [2.0, 2.0, 5.0]
    assert losses.noise == pytest.approx((2**0.5 + 8**0.5) / 2)


@pytest.mark.needs("hpobench_tables")
@pytest.mark.parametrize("name", ["nasbench201-cifar10", "fcnet-naval-propulsion", "openclip"])
def test_a_published_table_is_shown_whole_with_its_own_noise(name: str) -> None:
    """Two seeds can choose the same training, so noise is no matter of draws."""
    losses, of = CARDS["published"](name), CARDS["description"].read(name)
    assert len(losses.values) == of.statistics["configurations"]
    assert losses.noise == (of.statistics["noise"] and pytest.approx(of.statistics["noise"]))
    assert losses.means[0] == pytest.approx(of.optimum)
    assert np.isnan(losses.values).all(1).sum() == of.statistics["diverged"]

"""Numbers and escaping."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpobench_tui.analysis.equality import Spread
from hpobench_tui.export.markup import LATEX, MARKDOWN, csv_cells, figure_text, latex_text, markdown_text, significant


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (1.0, "1.00"), (123.456, "123"), (0.0123456, "0.0123"), (0.001, "0.00100"),
        (0.00099999, "0.00100"), (0.000123, "1.23e-04"), (999.6, "1000"), (12345.0, "12345"), (123456.0, "1.23e+05"),
        (-2.5, "-2.50"), (1e-300, "1.00e-300"), (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_three_significant_digits(value: float, text: str) -> None:
    assert significant(value) == text


@given(st.floats(min_value=1e-200, max_value=1e200))
def test_the_written_number_is_close(value: float) -> None:
    assert float(significant(value)) == pytest.approx(value, rel=0.0051)


def test_latex_numbers() -> None:
    assert LATEX.cell(Spread(1.23e-5, True, False)) == r"\textbf{\boldmath $1.23 \times 10^{-5}$}"
    assert LATEX.cell(-0.5) == "$-0.500$"
    assert LATEX.cell(Spread(1.0, False, False, (0.5, 2e6))) == r"1.00 [0.500, $2.00 \times 10^{6}$]"
    assert LATEX.cell(Spread(None, False, False)) == LATEX.cell(None) == "--"
    assert LATEX.cell(0.25, ".0%") == r"25\%"


def test_labels_are_escaped_for_latex() -> None:
    assert latex_text("a_b & 5% #1 $x^2$ {y} ~\\ η") == (
        r"a\_b \& 5\% \#1 \$x\textasciicircum{}2\$ \{y\} \textasciitilde{}\textbackslash{} $\eta$"
    )
    assert latex_text("[a]*\nb") == "{[}a]{*} b"


def test_labels_are_escaped_for_markdown() -> None:
    assert markdown_text("a_b | *c* <d>\ne & f") == r"a\_b \| \*c\* \<d\> e \& f"
    assert MARKDOWN.cell(Spread(1.0, True, False, (0.5, 2.0))) == "**1.00** [0.500, 2.00]"


def test_addresses_and_mathematics_are_none_in_markdown() -> None:
    assert markdown_text("http://a.b www.c.d ![x](y) $z$ @you") == (
        r"http\://a.b www\.c.d \!\[x\](y) \$z\$ \@you"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"), ("+1+1", "'+1+1"), ("-1+1", "'-1+1"), ("@SUM(1)", "'@SUM(1)"), ("\t=1", "'\t=1"),
        ("\tx", "'\tx"), ("\n=1", "'\n=1"), ("  =1", "'  =1"), ("＝1", "'＝1"), ("-", "'-"), ("-1\n", "'-1\n"),
        ("-1.5", "-1.5"), ("+3", "+3"), ("-1e-9", "-1e-9"), ("-.5", "-.5"), ("a=1", "a=1"), ("'=1", "'=1"), ("", ""),
        ("{\"x\": -1}", "{\"x\": -1}"), ("\r=1", "\\r=1"), ("\x1b[2J", "\\x1b[2J"), ("one\ntwo", "one\ntwo"),
        (-1.5, -1.5), (None, None), (True, True),
    ],
)  # fmt: skip
def test_no_cell_of_csv_is_a_formula(cell: object, written: object) -> None:
    assert csv_cells([cell]) == [written]
    assert csv_cells(csv_cells([cell])) == [written]


def test_figures_have_no_mathematics_of_others() -> None:
    assert figure_text("$x_1$\n\x1b[2J") == r"\$x_1\$ \x1b[2J"
    assert len(figure_text("x" * 10_000)) == 120


def test_a_long_number_that_is_none_takes_no_time() -> None:
    long = f"-{'1' * 100_000}x"
    started = time.process_time()
    assert csv_cells([long]) == [f"'{long}"]
    assert time.process_time() - started < 1.0  # each shorter beginning was tried as a whole number of every length

"""Every kind of figure, from stores: when it applies, what it says, what it is drawn from."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from factories import history, run_row, store, trial_row
from hpobench_tui.analysis.anytime import Band
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.export.bundle import export, gather
from hpobench_tui.export.figures import critical, importance, regret, wins
from hpobench_tui.export.figures.look import COLOURED, Looks, add_legend, new_figure, plain, short_names, styled
from hpobench_tui.export.figures.made import plans
from hpobench_tui.export.figures.regret_grid import PANELS, paged
from hpobench_tui.export.figures.study import Study
from hpobench_tui.export.figures.wanted import KINDS, VENUES, Wanted, kinds_of, style_of
from hpobench_tui.export.heights import Scale
from hpobench_tui.store.reader import Reader

Loss = float | None


def made(folder: Path, labels: int = 3, problems: int = 2, repetitions: int = 6, problem: str = "toy/p") -> Reader:
    """Labels of which each is better than the one before, with two hyperparameters."""
    runs, trials = [], []
    rng = np.random.default_rng(0)
    for place in range(problems):
        for repetition in range(repetitions):
            for label in range(labels):
                number = len(runs)
                runs.append(run_row(number, problem=f"{problem}{place}", label=f"l{label:02d}", repetition=repetition,
                                    problem_seed=100 * place + repetition))  # fmt: skip
                for i in range(10):
                    x, y = rng.random(2).tolist()
                    loss = 10.0 ** (-label) * (1 + x + y) / (i + 1)
                    configuration = json.dumps({"x": x, "y": y})
                    trials.append(trial_row(number, i, loss=loss, configuration=configuration))
    return store(folder, runs, trials)


def study_of(reader: Reader, wanted: Wanted | None = None) -> Study:
    return Study(gather(reader), wanted or Wanted())


def drawn(study: Study, kind: str) -> dict[str, str]:
    """Captions by name; each figure is laid out."""
    found = {}
    for plan in plans(study, kind):
        with styled(study.wanted) as width:
            figure, caption = plan.draw(width)
            figure.canvas.draw()
        found[plan.name] = caption
    return found


ALWAYS = [kind for kind in KINDS if kind not in ("brackets", "gaussian")]


@pytest.mark.parametrize("kind", ALWAYS)
def test_each_kind_says_how_many_runs_what_budget_and_which_versions(kind: str, tmp_path: Path) -> None:
    with made(tmp_path) as reader:
        captions = drawn(study_of(reader), kind)
    assert captions
    for caption in captions.values():
        assert "Matplotlib" in caption
        assert "budget 10 evaluations" in caption.lower()
        assert "n = 6" in caption or "one run" in caption


def test_what_two_formats_show_is_worked_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Importance takes half a second a problem."""
    asked: list[int] = []

    def counted(*given: object) -> importance.Importance:
        asked.append(1)
        return worked_out(*given)  # type: ignore[arg-type]

    worked_out = importance.importance
    monkeypatch.setattr(importance, "importance", counted)
    with made(tmp_path / "e", labels=2) as reader:
        files, _ = export(reader, tmp_path / "to", ["pdf", "svg", "png"], figures=Wanted(("importance",)))
    assert {path.name for path in files} > {"importance.pdf", "importance.svg", "importance.png"}
    assert len(asked) == 2  # problems


def test_what_does_not_apply_is_said_to_be_missing_and_refused_only_where_it_is_asked_for(tmp_path: Path) -> None:
    with made(tmp_path / "one", labels=1, problems=1, repetitions=1) as reader:
        study = study_of(reader)
        for kind in KINDS:
            drawn(study, kind)
        assert {"ranks", "profile", "critical", "wins", "brackets", "gaussian"} <= study.missing.keys()
        _, skipped = export(reader, tmp_path / "all", ["svg"])
        assert not skipped
        page = (tmp_path / "all" / "captions.md").read_text()
        assert "ranks need two labels at least, not 1" in page
        _, skipped = export(reader, tmp_path / "asked", ["svg"], figures=Wanted(kinds=("ranks", "ecdf")))
        (reason,) = skipped
        assert "no figure 'ranks': ranks need two labels" in reason
        assert "ecdf.svg" in {path.name for path in (tmp_path / "asked").iterdir()}, "the others are made all the same"


@pytest.mark.parametrize("dry", [True, False])
def test_captions_are_listed_once_and_have_what_any_format_drew(
    dry: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpobench_tui.export.figures.save.TEX", ())  # PGF is refused
    told: list[Path] = []
    with made(tmp_path / "e") as reader:
        wanted = Wanted(kinds=("ranks", "wins"))
        forms = ["pgf", "svg", "png"]
        files, _ = export(reader, tmp_path / "to", forms, figures=wanted, dry=dry, progress=told.append)
    assert told == files
    assert sorted(path.name for path in files if path.name.startswith("captions")) == ["captions.md", "captions.tex"]
    if not dry:
        page = (tmp_path / "to" / "captions.md").read_text()
        assert "**ranks**" in page
        assert "**wins**" in page


def test_captions_are_in_the_files_and_the_bytes_are_always_the_same(tmp_path: Path) -> None:
    with made(tmp_path / "e") as reader:
        for folder in ("one", "two"):
            files, skipped = export(reader, tmp_path / folder, ["svg", "png", "pdf"], figures=Wanted(kinds=("ranks",)))
            assert not skipped
        assert [path.name for path in files] == ["ranks.svg", "captions.md", "captions.tex", "ranks.png", "ranks.pdf"]
        for path in files:
            assert path.read_bytes() == (tmp_path / "one" / path.name).read_bytes()
    svg, pdf, png = ((tmp_path / "one" / f"ranks.{form}").read_bytes() for form in ("svg", "pdf", "png"))
    assert b"<dc:description>Average ranks of simple regret" in svg
    assert b"/Subject (Average ranks" in pdf
    assert b"Average ranks" in png
    assert b"CreationDate" not in pdf
    tex = (tmp_path / "one" / "captions.tex").read_text()
    assert r"\expandafter\def\csname hpobench:ranks\endcsname{Average ranks" in tex


def test_of_sixty_optimizers_the_best_are_in_colour_and_the_legend_says_how_many_others_there_are(
    tmp_path: Path,
) -> None:
    with made(tmp_path, labels=60, problems=2, repetitions=2) as reader:
        study = study_of(reader)
        assert study.looks.coloured == tuple(f"l{label:02d}" for label in range(60 - COLOURED, 60))
        (plan, *_) = plans(study, "regret")
        with styled(study.wanted) as width:
            figure, caption = plan.draw(width)
        (legend,) = figure.legends
        entries = [text.get_text() for text in legend.get_texts()]
        assert entries == [*study.looks.coloured, "50 others"]
        assert "10 of 60 optimizers" in caption
        assert "20 of 60" in next(iter(drawn(study, "wins").values()))


@pytest.mark.parametrize("name", ["opt {} _&%$#{{}}~^", "WWWWWWWWWWWWWWWW{}", "{}"])
@pytest.mark.parametrize("width", [3.25, 5.5])
def test_a_legend_stays_in_its_figure(name: str, width: float) -> None:
    with styled(Wanted()):
        figure = new_figure(width, 2.5)
        axes = figure.add_subplot()
        for place in range(11):
            axes.plot([1, 2], label=plain(name.format(place)))
        add_legend(figure)
        figure.draw_without_rendering()
        (legend,) = figure.legends
        extent = legend.get_window_extent()
    assert extent.x0 >= 0
    assert extent.x1 <= figure.bbox.width


@pytest.mark.parametrize(("left", "right"), [(1.0, 5.0), (100.0, 700.0), (27.0, 243.0)])
def test_ticks_of_less_than_a_decade_are_apart(left: float, right: float) -> None:
    band = Band("a", np.array([left, right]), *np.ones((3, 2)), 2)
    with styled(Wanted()):
        figure = new_figure(2.1, 1.5)
        axes = figure.add_subplot()
        regret._scale(axes, [band], Scale(False, 0.0, 1.0), left)
        figure.draw_without_rendering()
        low, high = axes.get_xlim()
        ticks = [(*axes.get_xticks(), *axes.get_xticks(minor=True)),
                 (*axes.get_xticklabels(), *axes.get_xticklabels(minor=True))]  # fmt: skip
        boxes = [
            text.get_window_extent() for x, text in zip(*ticks, strict=True) if low <= x <= high and text.get_text()
        ]
    places = sorted((box.x0, box.x1) for box in boxes)
    assert len(places) >= 2
    assert all(one[1] <= other[0] for one, other in pairwise(places))


def test_a_grid_has_one_legend_and_goes_over_pages(tmp_path: Path) -> None:
    with made(tmp_path, labels=2, problems=PANELS + 1, repetitions=2) as reader:
        study = study_of(reader)
        chosen = list(plans(study, "regret-grid"))
        assert [plan.name for plan in chosen] == ["regret-grid-1", "regret-grid-2"]
        with styled(study.wanted) as width:
            figures = [plan.draw(width).figure for plan in chosen]
    assert [len(figure.axes) for figure in figures] == [7, 6]
    assert [len(figure.legends) for figure in figures] == [1, 1]
    assert paged("p", ["a"]) == [("p", ["a"])]


def test_an_axis_begins_where_the_first_has_a_value_unless_it_would_squeeze_the_others() -> None:
    from hpobench_tui.analysis.anytime import Band

    def band(label: str, first: float) -> Band:
        grid = np.geomspace(first, 100.0, 9)
        return Band(label, grid, 1 / grid, 1 / grid, 1 / grid, 3)

    late = [band("a", 1.0), band("b", 1.0)]
    assert regret.left_of([*late, band("near", 0.5)]) == 0.5
    left = regret.left_of([*late, band("far", 1e-6)])
    assert 0.01 < left < 1
    share = np.log(1.0 / left) / np.log(100.0 / left)
    assert share == pytest.approx(regret.EARLY)
    assert "far" in regret.early_words([*late, band("far", 1e-6)])
    assert not regret.early_words(late)
    figure = regret.regret_figure("t", [*late, band("far", 1e-6)], "x", "y")
    assert figure.axes[0].get_xlim()[0] == pytest.approx(left)
    assert figure.axes[0].get_ylim()[1] < 1e3, "what is left of it does not stretch the other axis"


def test_critical_differences_are_those_of_the_ranks(tmp_path: Path) -> None:
    with made(tmp_path, labels=3, problems=4) as reader:
        labels, found = critical.friedman_of(study_of(reader).material.scores)
    assert labels == ["l00", "l01", "l02"]
    assert found.ranks == (3.0, 2.0, 1.0)
    with made(tmp_path / "alone", labels=3, problems=1) as reader, pytest.raises(HpobenchError, match="two problems"):
        critical.friedman_of(study_of(reader).material.scores)


def test_wins_are_probabilities_and_their_tests_are_corrected(tmp_path: Path) -> None:
    with made(tmp_path, labels=3) as reader:
        study = study_of(reader)
        found = wins.wins(study.material.scores, study.standing)
    assert found.labels == ("l02", "l01", "l00"), "who wins most first"
    assert np.nan_to_num(found.share).tolist() == [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    assert found.n == (12, 12)
    assert found.p[0, 1] == pytest.approx(3 * 2 * 0.5**12), "Holm's over three pairs"


def test_importance_leaves_out_what_has_one_hyperparameter(tmp_path: Path) -> None:
    runs = [run_row(n, repetition=n) for n in range(3)]
    with store(
        tmp_path, runs, [row for n in range(3) for row in history(n, [1.0 / (i + 1) for i in range(10)])]
    ) as reader:
        study = study_of(reader)
        assert not drawn(study, "importance")
        assert "one hyperparameter" in study.missing["importance: toy/one"] or "too few" in str(study.missing)
    assert importance.BARS > 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["all failed", "waiting", "zero", "huge", "no reference"])
def test_odd_experiments_are_drawn_or_said_to_have_nothing(kind: str, how: str, tmp_path: Path) -> None:
    losses: list[Loss] = {"all failed": [None] * 3, "huge": [1e308, -1e308, 1e300]}.get(how, [0.0] * 3)  # type: ignore[assignment]
    columns: dict[str, object] = {
        "all failed": {"status": "failed"},
        "no reference": {"measure": "incumbent loss"},
    }.get(how, {})  # type: ignore[assignment]
    runs = [
        run_row(n, label="ab"[n % 2], repetition=n // 2 % 3, problem=f"toy/{n // 6}", trials=3, **columns)
        for n in range(12)
    ]
    if how == "waiting":
        runs = [
            row | ({"status": "waiting", "trials": 0} if row["repetition"] else {"status": "running"}) for row in runs
        ]
    trials = [row for run in runs if run["trials"] for row in history(int(run["id"]), losses)]
    with store(tmp_path, runs, trials) as reader:
        study = study_of(reader)
        assert drawn(study, kind) or any(what.split(":")[0] == kind for what in study.missing)


def test_labels_that_are_shortened_are_still_told_apart() -> None:
    alike = ["x" * 60 + "a" + "y" * 60, "x" * 60 + "b" + "y" * 60, "short"]
    short = short_names(alike, 20)
    assert len(set(short.values())) == 3
    assert short["short"] == "short"
    assert len(short_names(["x" * 60 + "1", "y" * 60], 20)["y" * 60]) == 20
    looks = Looks(tuple(f"l{n}" for n in range(60)), ("l1", "l2"))
    assert (looks.entry("l0"), looks.entry("l1")) == ("58 others", "l1")


def test_what_no_font_has_is_written_out() -> None:
    with styled(Wanted()):
        assert plain("\U000f0000\x1b $a_b%") == r"\U000f0000\x1b \$a_b%"
    with styled(Wanted(), tex=True):
        assert plain("日_%$") == r"\textbackslash{}u65e5\_\%\textdollar{}"


def test_a_venue_gives_widths_and_a_style_file_overrides(tmp_path: Path) -> None:
    assert style_of("icml") == (VENUES["icml"], None)
    own = tmp_path / "mine.mplstyle"
    own.write_text("font.size: 5\nfigure.figsize: 4.0, 2.0\naxes.prop_cycle: cycler('color', ['ff0000'])\n")
    width, style = style_of(f"ieee,{own}")
    assert (width, style) == (VENUES["ieee"], own)
    with made(tmp_path / "e") as reader:
        study = study_of(reader, Wanted(width=width, style=style))
        (plan,) = plans(study, "ranks")
        with styled(study.wanted) as wide:
            figure, _ = plan.draw(wide)
    assert figure.get_size_inches()[0] == 4.0
    assert figure.axes[0].lines[0].get_color() == "#ff0000"
    assert figure.axes[0].title.get_fontsize() == VENUES["ieee"].font, "ours where the file says nothing"


def test_bad_styles_and_kinds_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(HpobenchError, match=r"neither a venue nor a file\..*Did you mean 'icml'"):
        style_of("icmll")
    bad = tmp_path / "bad.mplstyle"
    for text in ("no.such.setting: 3\n", "font.size: many\n"):
        bad.write_text(text)
        with pytest.raises(HpobenchError, match="no style file of Matplotlib's"):
            style_of(str(bad))
    assert kinds_of(" ranks, ecdf,ranks") == ("ranks", "ecdf")
    with pytest.raises(HpobenchError, match="unknown kind of figure 'rank'"):
        kinds_of("rank")

"""A figure a problem: medians and quartiles over the budget."""

import io
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.status import RunStatus
from hpobench_tui.export.material import Files, Material, slugs

if TYPE_CHECKING:
    from hpobench_tui.store.reader import RunRow


def files(material: Material, kind: str) -> Files:
    from hpobench_tui.analysis.anytime import bands
    from hpobench_tui.analysis.selection import by_label, by_problem

    labels = list(by_label(material.runs))
    names = slugs(list(by_problem(material.runs)))
    for problem, runs in by_problem(material.runs).items():

        def write(stream: IO[bytes], problem: str = problem, runs: "Sequence[RunRow]" = runs) -> None:
            from hpobench_tui.export import figures  # loads Matplotlib

            made, drawn, marks = io.BytesIO(), bands(runs, material.curves, material.axis), material.landmarks
            x, y = material.units()[problem], str(material.measures()[problem])
            remarks = {label: remark for label, pair in by_label(runs).items() if (remark := _remark(pair))}
            try:
                figure = figures.regret_figure(problem, drawn, x, y, remarks, labels, marks.get(problem, ()))
                figures.save(figure, made, kind)
            except OSError as error:  # a font of Matplotlib's: nothing that another folder would mend
                raise HpobenchError(f"Matplotlib cannot draw it: {error}.") from error
            stream.write(made.getvalue())

        yield f"regret-{names[problem]}.{kind}", write


def _remark(pair: "Sequence[RunRow]") -> str | None:
    failed = sum(run.status is RunStatus.FAILED for run in pair)
    if not failed:
        return None
    return f"all {failed} runs failed" if failed == len(pair) else f"{failed} of {len(pair)} runs failed"

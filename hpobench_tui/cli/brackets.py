"""``hpobench brackets``: Hyperband's bracket table."""

from typing import Annotated

import typer

from hpobench_tui.cli import options
from hpobench_tui.core.brackets import Rung, Variant


def brackets(
    eta: Annotated[int, typer.Option("--eta", help="Halving factor.")] = 3,
    maximum: Annotated[int, typer.Option("--R", help="Maximum fidelity of one configuration.")] = 81,
    minimum: Annotated[int, typer.Option("--r-min", help="Minimum fidelity.")] = 1,
    variant: Annotated[
        str, typer.Option(metavar="|".join(Variant), help="How many configurations a bracket starts with.")
    ] = Variant.FLOOR.value,
    as_json: options.Json = False,
) -> None:
    """Print Hyperband's brackets: n configurations trained to fidelity r in each rung.

    Variants: floor is the lecture's, HpBandSter's, DEHB's and NePS's; ceil the paper's and SMAC3's; syne-tune is Syne
    Tune's.
    """
    from hpobench_tui.analysis.bracket_table import planned_table
    from hpobench_tui.cli.output import print_json, print_table
    from hpobench_tui.core.brackets import hyperband
    from hpobench_tui.core.errors import unknown

    if variant not in list(Variant):
        raise unknown("variant", variant, list(map(str, Variant)))
    planned = hyperband(eta, maximum, Variant(variant), minimum)
    if as_json:
        print_json(
            [
                {
                    "s": b.s,
                    "rungs": [{"n": r.configurations, "r": r.fidelity} for r in b.rungs],
                    "from_scratch": b.from_scratch,
                    "continued": b.continued,
                }
                for b in planned
            ]
        )
        return
    table = planned_table(planned)
    wide = [[len(str(max(f(r) for r in b.rungs))) for f in (configurations, fidelity)] for b in planned]
    headers = ["i", *(f"s={b.s}\n{'n':>{n}} {'r':>{r}}" for b, (n, r) in zip(planned, wide, strict=True))]
    rows: list[list[object]] = [
        [
            i,
            *(
                f"{rung.configurations:>{n}} {rung.fidelity:>{r}}" if rung else ""
                for rung, (n, r) in zip(row, wide, strict=True)
            ),
        ]
        for i, row in enumerate(table.rows)
    ]
    title = f"Hyperband brackets, eta = {eta}, R = {maximum}, {variant} variant"
    print_table(headers, rows, title)
    print(
        f"{sum(table.configurations)} configurations; fidelity units {sum(table.from_scratch)} from scratch,"
        f" {sum(table.continued)} with continuation"
    )


def configurations(rung: Rung) -> int:
    return rung.configurations


def fidelity(rung: Rung) -> int:
    return rung.fidelity

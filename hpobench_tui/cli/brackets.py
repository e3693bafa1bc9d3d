"""``hpobench brackets``: Hyperband's bracket table."""

from itertools import zip_longest
from typing import Annotated

import typer

from hpobench_tui.cli import completion, options
from hpobench_tui.cli.output import print_json, print_table
from hpobench_tui.core.brackets import Bracket, Variant, hyperband
from hpobench_tui.core.errors import unknown


def brackets(
    eta: Annotated[int, typer.Option("--eta", help="Halving factor.")] = 3,
    maximum: Annotated[int, typer.Option("--R", help="Maximum fidelity of one configuration.")] = 81,
    minimum: Annotated[int, typer.Option("--r-min", help="Minimum fidelity.")] = 1,
    variant: Annotated[
        str,
        typer.Option(
            metavar="|".join(Variant),
            help="How many configurations a bracket starts with.",
            autocompletion=completion.one_of(*Variant),
        ),
    ] = Variant.FLOOR.value,
    as_json: options.Json = False,
) -> None:
    """Print Hyperband's brackets: n configurations trained to fidelity r in each rung.

    Variants: floor is the lecture's, HpBandSter's, DEHB's and NePS's; ceil the paper's and SMAC3's; syne-tune is Syne
    Tune's.
    """
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
    numbers = ["i", *map(str, range(max(len(b.rungs) for b in planned)))]
    headers, *rows = zip_longest(numbers, *map(_column, planned), fillvalue="")
    print_table(headers, rows, f"Hyperband brackets, eta = {eta}, R = {maximum}, {variant} variant")
    print(
        f"{sum(b.rungs[0].configurations for b in planned)} configurations; fidelity units"
        f" {sum(b.from_scratch for b in planned)} from scratch, {sum(b.continued for b in planned)} with continuation"
    )


def _column(bracket: Bracket) -> list[str]:
    """Its heading, and n and r of each rung, each as wide as its greatest."""
    n = len(str(max(rung.configurations for rung in bracket.rungs)))
    r = len(str(max(rung.fidelity for rung in bracket.rungs)))
    heading = f"s={bracket.s}\n{'n':>{n}} {'r':>{r}}"
    return [heading, *(f"{rung.configurations:>{n}} {rung.fidelity:>{r}}" for rung in bracket.rungs)]

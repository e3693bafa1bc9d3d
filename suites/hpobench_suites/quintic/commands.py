"""``hpobench quintic ...``: descriptions only."""

from hpobench_tui.core import CommandInfo, Parameter

VERIFY = CommandInfo(
    name="quintic verify",
    summary="Check geometry, measures, Donaldson's algorithm and training against exact and known values.",
    load="hpobench_suites.quintic.verify:verify",
    parameters=(
        Parameter("quick", False, "Fewer points and shorter trainings, with tolerances to match: a minute."),
        Parameter("seed", 0, "Of the points and networks.", minimum=0),
    ),
    requires={"torch": "quintic"},
)

COMMANDS: tuple[CommandInfo, ...] = (VERIFY,)

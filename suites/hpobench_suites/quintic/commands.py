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

REPORT = CommandInfo(
    name="quintic report",
    summary="Train the best network of an experiment on 100,000 points, and hold it against Donaldson's algorithm.",
    load="hpobench_suites.quintic.report:report",
    parameters=(
        Parameter("points", 100_000, "To train on, and to measure σ on.", minimum=1_000, maximum=1_000_000),
        Parameter("epochs", 30, "Of the training.", minimum=1, maximum=1_000),
        Parameter("curvature_points", 20_000, "To measure ‖R‖ and the Euler number on.", minimum=10, maximum=1_000_000),
        Parameter("seed", 0, "Of the network's initial weights and the order of the points.", minimum=0),
        Parameter("problem", "", "Which one, if the experiment has several of the quintic; the first, if not said."),
    ),
    experiment=True,
    requires={"torch": "quintic"},
)

COMMANDS: tuple[CommandInfo, ...] = (VERIFY, REPORT)

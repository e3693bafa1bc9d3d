"""``hpobench ml ...``: descriptions only."""

from hpobench_tui.core import CommandInfo, Parameter

REPORT = CommandInfo(
    name="ml report",
    summary="Train the best of each optimizer on all that was tuned on, and score it on the test set kept aside.",
    load="hpobench_suites.ml.report:report",
    parameters=(
        Parameter("seeds", 5, "Trainings of each configuration, where the seed matters.", minimum=2, maximum=1_000),
        Parameter("problem", "", "Which one, if the experiment has several of the suite; all, if not said."),
    ),
    experiment=True,
    requires={"sklearn": "ml"},
)

COMMANDS: tuple[CommandInfo, ...] = (REPORT,)

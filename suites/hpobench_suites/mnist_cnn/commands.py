"""``hpobench mnist ...``: descriptions only."""

from hpobench_tui.core import CommandInfo, Parameter

REPORT = CommandInfo(
    name="mnist report",
    summary="Train the best networks of an experiment on all 60,000 images, and count what they get right of the test.",
    load="hpobench_suites.mnist_cnn.report:report",
    parameters=(
        Parameter("seeds", 3, "Trainings of each network, with other initial weights.", minimum=1, maximum=1_000),
        Parameter("epochs", 9, "Of each training; schedules of the learning rate end after 9.", minimum=1, maximum=9),
        Parameter("images", 60_000, "To train on, the first ones.", minimum=100, maximum=60_000),
        Parameter("top", 0, "Of so many optimizers, those with the lowest losses; 0: of all.", minimum=0),
        Parameter("workers", 0, "Trainings at a time on the CPU; 0: as many as there are cores.", minimum=0),
        Parameter("seed", 0, "Of the trainings.", minimum=0),
        Parameter("problem", "", "Which one, if the experiment has several; the first, if not said."),
        Parameter("device", "auto", "auto takes a GPU where there is one.", choices=("auto", "cpu", "cuda")),
    ),
    experiment=True,
    requires={"torch": "mnist"},
)

COMMANDS: tuple[CommandInfo, ...] = (REPORT,)

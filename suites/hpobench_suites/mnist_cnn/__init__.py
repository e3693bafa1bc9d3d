"""The lecture's convolutional network on MNIST, its three hyperparameters or all that such a network has."""

from dataclasses import dataclass, replace

from hpobench_tui.core import Dimensions, Fidelity, Parameter, ProblemInfo, Reference
from hpobench_tui.core.targets import spaced

TRAIN, VALIDATION, EPOCHS = 50_000, 10_000, 9
FEWEST = 100
"""Images of the fidelity "images"."""
DIMENSIONS = {
    "lecture": Dimensions(floats=1, integers=1, categoricals=1),
    "full": Dimensions(floats=6, integers=3, categoricals=7, ordinals=7, conditions=8),
}
SUMMARIES = {
    "lecture": "CNN on MNIST: activation, depth and learning rate",
    "full": "CNN on MNIST: layers, kernels, regularisation, optimizer and schedule",
}
SECONDS_AN_IMAGE, SECONDS_A_VALIDATION_IMAGE = 1.4e-4, 4.5e-5
"""Of one epoch on one CPU core."""

IMAGES = Parameter("images", TRAIN, "How many images to train on, the first ones.", minimum=FEWEST, maximum=TRAIN)
HELD_OUT = Parameter(
    "validation", VALIDATION, "How many held-out images to validate on.", minimum=100, maximum=VALIDATION
)
LOSS = Parameter("loss", "error", "On the held-out images.", choices=("error", "cross_entropy"))
FIDELITY = Parameter(
    "fidelity",
    "epochs",
    f"epochs: 1 to {EPOCHS}, continued; images: a full training on the first of them.",
    choices=("epochs", "images"),
)
PRECISION = Parameter(
    "precision",
    "float32",
    "float32; bf16 and (on a GPU alone) tf32 are faster, and other objectives.",
    choices=("float32", "bf16", "tf32"),
)


def _described(
    name: str,
    space: str,
    images: int,
    validation: int,
    loss: str = "error",
    fidelity: str = "epochs",
    precision: str = "float32",
    tags: tuple[str, ...] = (),
) -> ProblemInfo:
    of_images = Fidelity("images", min(FEWEST, images), images, resumable=False)
    return ProblemInfo(
        id=f"mnist_cnn/{name}",
        summary=f"{SUMMARIES[space]}; {images:,} training, {validation:,} validation images",
        load="hpobench_suites.mnist_cnn.problem:load",
        dimensions=DIMENSIONS[space],
        reference=Reference(0.0, "no error: a bound", exact=False),
        fidelity=of_images if fidelity == "images" else Fidelity("epochs", 1, EPOCHS, step=1),
        noisy=True,  # the seed sets initialisation and shuffling
        seconds=EPOCHS * images * SECONDS_AN_IMAGE + validation * SECONDS_A_VALIDATION_IMAGE,
        devices=("cuda",) if precision == "tf32" else ("cuda", "cpu"),  # a CPU has no TF32: it would be float32
        requires={"torch": "mnist"},
        tags=("neural-network", "mixed", "multi-fidelity", *tags),
        # From between a guess (0.9) and random configurations on all images (0.03) down to one wrong image.
        targets=spaced(0.3 if loss == "error" else 1.0, 1 / validation),
        origin="LeCun, Cortes and Burges, The MNIST database of handwritten digits",
        licence="CC-BY-SA-3.0",
        arguments={
            "space": space,
            "images": images,
            "validation": validation,
            "loss": loss,
            "fidelity": fidelity,
            "precision": precision,
        },
    )


@dataclass(frozen=True)
class Cnn:
    """The problem on a space; calling it with the parameters gives the description of that variant."""

    space: str

    def __call__(
        self,
        images: int = TRAIN,
        validation: int = VALIDATION,
        loss: str = "error",
        fidelity: str = "epochs",
        precision: str = "float32",
    ) -> ProblemInfo:
        tags = ("conditional",) if DIMENSIONS[self.space].conditions else ()
        info = _described(self.space, self.space, images, validation, loss, fidelity, precision, tags)
        parameters = (IMAGES, HELD_OUT, LOSS, FIDELITY, PRECISION)
        return replace(info, parameters=parameters, vary=f"hpobench_suites.mnist_cnn:{self.space}")


lecture, full = Cnn("lecture"), Cnn("full")

PROBLEMS: tuple[ProblemInfo, ...] = (
    lecture(),
    _described("lecture-2k", "lecture", 2_000, 1_000, tags=("quick",)),
    full(),
)

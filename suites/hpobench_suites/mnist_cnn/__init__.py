"""The lecture's convolutional network on MNIST, on all images and on a small part of them."""

from hpobench_tui.core import Dimensions, Fidelity, ProblemInfo, Reference
from hpobench_tui.core.targets import spaced


def _lecture(name: str, summary: str, seconds: float, validation: int, tags: tuple[str, ...]) -> ProblemInfo:
    return ProblemInfo(
        id=f"mnist_cnn/{name}",
        summary=summary,
        load=f"hpobench_suites.mnist_cnn.problem:{name.replace('-', '_')}",
        dimensions=Dimensions(floats=1, integers=1, categoricals=1),
        reference=Reference(0.0, "no error: a bound", exact=False),
        fidelity=Fidelity("epochs", 1, 9, step=1),
        noisy=True,  # the seed sets initialisation and shuffling
        seconds=seconds,
        devices=("cuda", "cpu"),
        requires={"torch": "mnist"},
        tags=("neural-network", "mixed", "multi-fidelity", *tags),
        targets=spaced(0.9, 1 / validation),  # from a guess among ten digits down to one wrong image
        origin="LeCun, Cortes and Burges, The MNIST database of handwritten digits",
        licence="CC-BY-SA-3.0",
    )


PROBLEMS: tuple[ProblemInfo, ...] = (
    _lecture("lecture", "CNN on MNIST: 50,000 training, 10,000 validation images", 67.0, 10_000, ()),
    _lecture(
        "lecture-2k", "CNN on 2,000 images of MNIST, 1,000 validation images: for quick looks", 2.6, 1_000, ("quick",)
    ),
)

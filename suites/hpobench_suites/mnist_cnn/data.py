"""The MNIST images (LeCun & Cortes; CC BY-SA 3.0, see ``data/LICENSE.md``), shipped with the package.

Nothing is downloaded. The files are the original IDX files under xz; their SHA-256 is checked at each reading. A
process decompresses a part once (about half a second for the 60,000 training images) and keeps the tensors that its
trainings use resident: every training of a worker shares them.
"""

import lzma
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core import HpobenchError

if TYPE_CHECKING:
    from torch import Tensor

Part = Literal["train", "test"]

FOLDER = Path(__file__).with_name("data")
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
FILES: dict[Part, str] = {"train": "train", "test": "t10k"}
IMAGES_HEADER, LABELS_HEADER = 16, 8
MEAN, DEVIATION = 0.1307, 0.3081
"""Of the pixels of the 60,000 training images, on the scale 0 to 1."""


def read(name: str, folder: Path = FOLDER) -> bytes:
    """The raw bytes of one IDX file, verified.

    Raises:
        HpobenchError: the file is missing or damaged.
    """
    path = folder / f"{name}.xz"
    advice = "Reinstall hpobench-tui."
    try:
        raw = lzma.decompress(path.read_bytes())
    except FileNotFoundError as error:
        raise HpobenchError(f"MNIST: {path} is missing. {advice}") from error
    except lzma.LZMAError as error:
        raise HpobenchError(f"MNIST: {path} is damaged ({error}). {advice}") from error
    found = sha256(raw).hexdigest()
    if found != SHA256[name]:
        raise HpobenchError(f"MNIST: {path} is damaged: its SHA-256 is {found}, not {SHA256[name]}. {advice}")
    return raw


@cache
def arrays(part: Part) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images [n, 28, 28] and labels [n] of a part, read-only."""
    images = np.frombuffer(read(f"{FILES[part]}-images-idx3-ubyte"), np.uint8, offset=IMAGES_HEADER)
    labels = np.frombuffer(read(f"{FILES[part]}-labels-idx1-ubyte"), np.uint8, offset=LABELS_HEADER)
    return images.reshape(-1, 28, 28), labels


@cache
def resident(part: Part, first: int, last: int, device: str) -> "tuple[Tensor, Tensor]":
    """Images ``first`` to ``last - 1`` on a device: standardised float32 [n, 1, 28, 28], int64 labels [n].

    They are shared: not to be changed. All subsets are standardised alike, with the constants above.
    """
    import torch

    images, labels = arrays(part)
    floats = torch.tensor(images[first:last]).unsqueeze(1).to(device=device, dtype=torch.float32)
    floats.div_(255.0).sub_(MEAN).div_(DEVIATION)
    return floats, torch.tensor(labels[first:last]).to(device=device, dtype=torch.int64)

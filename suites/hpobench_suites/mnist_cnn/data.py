"""The MNIST images (LeCun & Cortes; CC BY-SA 3.0, see ``data/LICENSE.md``), shipped with the package.

Nothing is downloaded. The files are the original IDX files under xz; their SHA-256 is checked at each reading. What was
decompressed once (half a second for the 60,000 training images) is kept in the user's cache folder
(``hpobench_suites.caches``), where all processes map the same bytes into their memory, 47 MB in all instead of 47 MB
each; it is checked by the same SHA-256. Where it is damaged, or cannot be written or read, a process decompresses for
itself.

Images stay bytes until they are looked at: a batch becomes float32 on the way (:func:`standardised`), which costs less
than half a percent of a step and a quarter of the memory.
"""

import lzma
import os
import warnings
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from hpobench_suites import caches
from hpobench_tui.core import HpobenchError

if TYPE_CHECKING:
    import torch
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


def raw(name: str) -> NDArray[np.uint8]:
    """One IDX file, verified: shared memory where the cache folder has it or takes it, else this process's own.

    Raises:
        HpobenchError: it is not in the cache, and the shipped file is missing or damaged.
    """
    path = caches.folder("mnist") / name
    if (kept := _mapped(path, name)) is not None:
        return kept
    content = read(name)
    _keep(path, content)
    again = _mapped(path, name)
    return np.frombuffer(content, np.uint8) if again is None else again


def _mapped(path: Path, name: str) -> NDArray[np.uint8] | None:
    """The file mapped into memory, if it is there and whole."""
    try:
        mapped = np.memmap(path, np.uint8, mode="c")  # copied where it is written, which nobody does
    except (OSError, ValueError):  # an empty one cannot be mapped
        return None
    if sha256(mapped.data).hexdigest() == SHA256[name]:
        return mapped
    warnings.warn(f"{path} was damaged; it is made anew.", RuntimeWarning, stacklevel=2)
    return None


def _keep(path: Path, content: bytes) -> None:
    """Put the file there whole, or leave everything as it was: a cache that cannot be written is no failure."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".images-") as file:
            file.write(content)
            file.flush()
            os.replace(file.name, path)  # leaves nothing to delete, and that error is suppressed as well


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
    """Images [n, 28, 28] and labels [n] of a part; not to be changed."""
    images = raw(f"{FILES[part]}-images-idx3-ubyte")[IMAGES_HEADER:]
    return images.reshape(-1, 28, 28), raw(f"{FILES[part]}-labels-idx1-ubyte")[LABELS_HEADER:]


@cache
def resident(part: Part, first: int, last: int, device: str) -> "tuple[Tensor, Tensor]":
    """Images ``first`` to ``last - 1`` on a device: bytes [n, 1, 28, 28], and int64 labels [n].

    They are shared: not to be changed.
    """
    import torch

    images, labels = arrays(part)
    pixels = torch.from_numpy(images[first:last]).unsqueeze(1).to(device)
    return pixels, torch.tensor(labels[first:last]).to(device=device, dtype=torch.int64)


def standardised(images: "Tensor", dtype: "torch.dtype") -> "Tensor":
    """Images [n, 1, 28, 28] as the network takes them. All subsets are standardised alike, with the constants above."""
    import torch

    return images.to(torch.float32).div_(255.0).sub_(MEAN).div_(DEVIATION).to(dtype)

"""Point sets by (psi, n, seed, part): generated once, then read from the disk, and once a process.

A set depends on these four alone. The points of (seed, part, psi) are one stream, of which n are the first n: the seed
of NumPy's generator is ``derive("quintic points", seed, part, psi)`` (blake2b, like all seeds of this project), so that
the training and the test set are independent, and sets of different sizes are nested.

The files lie in $HPOBENCH_CACHE, else in $XDG_CACHE_HOME/hpobench-tui, else in ~/.cache/hpobench-tui, below
``quintic``. A file is one line that says what it is, the SHA-256 of that line and the points, and the points. It
appears whole or not at all (written beside and renamed), so that any number of processes may share the folder; one that
is damaged is replaced with a warning; and where nothing can be read or written, the points are simply generated. The
files may be deleted at any time.
"""

import os
import time
import warnings
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal, TypeAlias, get_args

import numpy as np

from hpobench_suites import caches
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.seeds import derive

from .hypersurface import Charts, Complex, Quintic, charts
from .sampler import check_size, sample

Part: TypeAlias = Literal["train", "test"]

FORMAT = 1
"""To be raised whenever the sampler's points or the file's layout change."""
UNFINISHED = ".points-"
STALE_SECONDS = 86_400.0


def point_set(quintic: Quintic, n: int, seed: int, part: Part = "train") -> Charts:
    """The first n points of a stream, in their charts; all arrays are read-only, as all callers share them.

    Raises:
        HpobenchError: n is not a multiple of 5 within the sampler's bounds, the seed is no natural number, or the part
            is unknown.
    """
    check_size(n)
    if not (isinstance(seed, int) and seed >= 0):
        raise HpobenchError(f"quintic: the seed of the points must be a whole number from 0, not {seed!r}.")
    if part not in get_args(Part):
        raise HpobenchError(f"quintic: the part must be one of {', '.join(get_args(Part))}, not {part!r}.")
    return shared(Quintic(float(quintic.psi) + 0.0), n, seed, part)  # -0.0 is 0.0


@lru_cache(maxsize=8)
def shared(quintic: Quintic, n: int, seed: int, part: Part) -> Charts:
    """The set that all callers in this process share."""
    path = folder() / f"points-{FORMAT}-psi{quintic.psi!r}-seed{seed}-{part}-n{n}"
    z = read(path, n)
    if z is None:
        z = sample(quintic, n, np.random.default_rng(derive("quintic points", seed, part, repr(quintic.psi))))
        write(path, z)
    return charts(quintic, z)


def folder() -> Path:
    """Where the files lie; it need not exist, nor be writable."""
    return caches.folder("quintic")


def read(path: Path, n: int) -> Complex | None:
    """The points (n, 5) of a file; None where there is none that can be trusted."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if len(content) > 80 * n and content == packed(path, content[-80 * n :]):
        return np.frombuffer(content[-80 * n :], dtype="<c16").reshape(n, 5).astype(np.complex128)
    warnings.warn(f"{path} was damaged; its points are generated anew.", RuntimeWarning, stacklevel=4)
    return None


def write(path: Path, z: Complex) -> None:
    """Put the file there whole, or leave everything as it was: a cache that cannot be written is no failure."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f"{UNFINISHED}*"):  # by a process that was killed
            with suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > STALE_SECONDS:
                    left.unlink()
        with NamedTemporaryFile(dir=path.parent, prefix=UNFINISHED) as file:
            file.write(packed(path, z.astype("<c16").tobytes()))
            file.flush()
            os.replace(file.name, path)  # leaves nothing to delete, and that error is suppressed as well


def packed(path: Path, data: bytes) -> bytes:
    """The content of a file: its name is part of it, so that a renamed one is not believed."""
    head = f"hpobench-tui {path.name} complex128 little-endian\n".encode()
    return head + sha256(head + data).digest() + data

"""Which Dask cluster is meant: a scheduler's address, or processes of this machine."""

import os
import re
import socket
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown

VARIABLE = "HPOBENCH_DASK"
"""In the environment: a cluster for whoever starts experiments; front ends set it for supervisors that they start."""
REACH_SECONDS = 5.0
MOST_LOCAL = 1024
LOCAL = re.compile(r"local:([1-9]\d{0,3})")
SCHEMES = ("tcp", "tls")
VALID = "Valid: tcp://HOST:PORT or tls://HOST:PORT of a scheduler, or local:N for N processes of this machine."


@dataclass(frozen=True, slots=True)
class Address:
    """``scheduler`` is where one listens; else there are ``local`` processes of this machine.

    >>> read("local:4").local
    4
    >>> read("tcp://head:8786").scheduler
    'tcp://head:8786'
    """

    scheduler: str | None = None
    local: int = 0

    def __str__(self) -> str:
        return self.scheduler or f"local:{self.local}"


def read(text: str) -> Address:
    """The cluster that a person named.

    Raises:
        HpobenchError: it is none.
    """
    if found := LOCAL.fullmatch(text.strip()):
        if (count := int(found[1])) <= MOST_LOCAL:
            return Address(local=count)
        raise HpobenchError(f"--dask: at most local:{MOST_LOCAL}, not {shown(text)}.")
    try:
        parts = urlsplit(text.strip())
        rest = parts.path or parts.query or parts.fragment
        valid = parts.scheme in SCHEMES and parts.hostname and parts.port and not rest
        (parts.hostname or "").encode("idna")
    except ValueError:  # no such port, or no name of a host
        valid = False
    if not valid or "@" in text:
        raise HpobenchError(f"--dask: {shown(text)} is no cluster. {VALID}")
    return Address(scheduler=text.strip())


def named() -> Address | None:
    """The cluster that the environment names, if it does.

    Raises:
        HpobenchError: it names none.
    """
    text = os.environ.get(VARIABLE)
    return read(text) if text else None


def use(text: str | None) -> None:
    """Have the experiments that this process starts run on this cluster; None: on the one of the environment, if any.

    Raises:
        HpobenchError: it is none, cannot be reached, or Dask is missing.
    """
    if text is not None:
        read(text)  # an empty one, too: a script's variable that is not set would else mean this machine
        os.environ[VARIABLE] = text
    if (address := named()) is None:
        return
    if find_spec("distributed") is None:
        raise HpobenchError("--dask: Dask is not installed; `pip install 'hpobench-tui[dask]'` installs it.")
    if address.scheduler is None:
        return
    parts = urlsplit(address.scheduler)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), REACH_SECONDS).close()
    except OSError as error:
        raise HpobenchError(
            f"--dask: no scheduler answers at {address}: {error.strerror or error}. `dask scheduler` starts one, and"
            " says where it listens."
        ) from error

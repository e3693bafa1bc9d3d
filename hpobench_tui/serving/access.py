"""Who may come in: by a token, once; then by a cookie; from our own pages alone, under a name that is ours.

Against other users of the machine stands the token, against pages of others in the same browser (cross-site requests
and websockets) the origin, and against names that somebody makes lead here (DNS rebinding) the host. After RFC 6454,
RFC 6265 and the WebSocket protocol's section 10.2 (RFC 6455).
"""

import hmac
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown

VARIABLE = "HPOBENCH_SERVE_TOKEN"
LEAST = 22
"""Characters of a token: 128 bits, if each is drawn from 64."""
LETTERS = frozenset(string.ascii_letters + string.digits + "-_")
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def token_from(given: str | None) -> str:
    """A token that a person has chosen, or a new one of 256 bits.

    Raises:
        HpobenchError: it is too short, or has what an address cannot have.
    """
    if given is None:
        return secrets.token_urlsafe(32)
    if len(given) < LEAST or not LETTERS.issuperset(given):
        raise HpobenchError(
            f"{VARIABLE} must have at least {LEAST} letters, digits, - or _; it has {len(given)} characters. Unset it"
            " to get a token that nobody guesses."
        )
    return given


def origin_of(text: str) -> str:
    """An address under which browsers find us, as they write it in ``Origin``.

    Raises:
        HpobenchError: it is none.
    """
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.path in ("", "/")
        sound = sound and not (parts.query or parts.fragment or "@" in parts.netloc) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound:
        raise HpobenchError(f"--origin must be a scheme and a host, as in https://hub.example.org, not {shown(text)}.")
    return f"{parts.scheme}://{parts.netloc}".lower()


@dataclass(frozen=True)
class Access:
    """What is asked of every request.

    Attributes:
        token: What the printed address has.
        port: Ours: cookies of several servers on one machine have different names.
        names: Under which hosts we are known; case does not matter.
        addresses: Whether any IP address does as well, which nobody can make lead elsewhere.
        origins: Those of proxies in front of us, beside our own.
        secret: What the cookie holds, which is not the token.
    """

    token: str = field(repr=False)
    port: int
    names: frozenset[str] = LOCAL
    addresses: bool = False
    origins: frozenset[str] = frozenset()
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def cookie(self) -> str:
        """Its name."""
        return f"hpobench-{self.port}"

    def knows_host(self, host: str) -> bool:
        """Whether a request of this ``Host`` is meant for us.

        >>> access = Access("token", 8000, origins=frozenset({"https://hub.example.org"}))
        >>> [access.knows_host(host) for host in ("localhost:8000", "[::1]:9", "hub.example.org", "evil.example:8000")]
        [True, True, True, False]
        """
        name = _name(host)
        if name is None:
            return False
        if name in self.names or any(_name(origin.partition("://")[2]) == name for origin in self.origins):
            return True
        return self.addresses and _is_address(name)

    def knows_origin(self, origin: str, host: str) -> bool:
        """Whether a page of this ``Origin`` may ask: one that came from where it asks, or from a proxy's address.

        >>> access = Access("token", 8000)
        >>> access.knows_origin("http://localhost:8000", "localhost:8000")
        True
        >>> access.knows_origin("http://localhost:3000", "localhost:8000")
        False
        """
        lower = origin.lower()
        return lower in self.origins or lower in (f"http://{host.lower()}", f"https://{host.lower()}")

    def has_token(self, given: Iterable[str]) -> bool:
        """Whether there is one token, and it is ours."""
        every = list(given)
        return len(every) == 1 and _same(every[0], self.token)

    def has_cookie(self, given: str | None) -> bool:
        return given is not None and _same(given, self.secret)


def _same(one: str, other: str) -> bool:
    """In a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())


def _name(host: str) -> str | None:
    """The name in a ``Host`` without its port; None if it is not to be read."""
    try:
        parts = urlsplit(f"//{host}")
        return None if parts.username is not None or parts.path or parts.query or parts.fragment else parts.hostname
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True

"""Files below a folder, or in an archive (.zip, .tar, .tar.gz, .tgz …), which is read and never unpacked."""

import codecs
import json
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown

MOST_FILES = 100_000
MOST_BYTES = 1 << 32
"""Of all files of an archive, unpacked."""
LONGEST_LINE = 1 << 20
ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
FAILURES = (
    OSError, tarfile.TarError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error,
    lzma.LZMAError, struct.error, OverflowError, LookupError,
)  # fmt: skip
"""What archives raise that are broken (also in what is packed, which is found out where it is read), locked by a
password (RuntimeError), or packed in a way that ``zipfile`` does not know (NotImplementedError); of places in the file
that no file has (OverflowError) and members that are named but not there (LookupError)."""


def packed(path: Path) -> bool:
    """Whether it is an archive, by its name."""
    return path.is_file() and path.name.lower().endswith(ENDINGS)


class Folder:
    """The regular files of a folder or an archive, by their paths in it with ``/``; links are no files.

    Args:
        path: A folder, an archive, or one file, which is then all that there is, beside its neighbours.

    Raises:
        HpobenchError: it cannot be read, or is larger than anybody means it to be.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: dict[str, Any] = {}
        try:
            self.names = sorted(self._archive() if packed(path) else self._files(path))
        except FAILURES as error:
            raise HpobenchError(f"cannot read {path}: {error}.") from error

    def _files(self, path: Path) -> Iterator[str]:
        root = self._root = path if path.is_dir() else path.parent
        for count, file in enumerate(sorted(root.rglob("*") if path.is_dir() else root.iterdir())):
            if count > MOST_FILES:
                raise HpobenchError(f"{path} has more than {MOST_FILES:,} files; name the folder of the results.")
            if file.is_file() and not file.is_symlink():
                yield file.relative_to(root).as_posix()

    def _archive(self) -> Iterator[str]:
        sizes: dict[str, int] = {}
        if self.path.name.lower().endswith(".zip"):
            archive = zipfile.ZipFile(self.path)
            for each in archive.infolist():
                if each.filename and not each.is_dir():  # which looks at a name's last letter
                    self._open[each.filename] = lambda each=each: archive.open(each)
                    sizes[each.filename] = each.file_size
        else:
            tar = tarfile.open(self.path)  # noqa: SIM115 - open as long as its files are read
            for count, member in enumerate(tar):
                if member.size < 0:  # the next one would be before it, and so on without end
                    raise tarfile.ReadError(f"a member has {member.size} bytes")
                if member.isfile() and member.name:
                    self._open[member.name] = lambda member=member: tar.extractfile(member)
                    sizes[member.name] = member.size
                if count > MOST_FILES:
                    raise self._too_much()
        if len(sizes) > MOST_FILES or sum(sizes.values()) > MOST_BYTES:
            raise self._too_much()
        yield from sizes

    def _too_much(self) -> HpobenchError:
        return HpobenchError(
            f"{self.path} has more than {MOST_FILES:,} files or {MOST_BYTES >> 30} GB in it; unpack it and name the"
            " folder of the results."
        )

    def ending(self, *endings: str) -> list[str]:
        """The files whose names end so, in order."""
        return [name for name in self.names if name.endswith(endings)]

    def where(self, name: str) -> str:
        """What messages call a file."""
        return f"{self.path}:{name}" if self._open else str(self._root / name)

    def beside(self, name: str, relative: str) -> str | None:
        """The file that another one names, if it is one of these: nothing outside of the folder is ever read."""
        parts: list[str] = []
        for part in (PurePosixPath(name).parent / relative.replace("\\", "/")).parts:
            if part == "..":
                if not parts:
                    return None
                parts.pop()
            elif part != "/":
                parts.append(part)
        found = "/".join(parts)
        return found if found in self.names else None

    @contextmanager
    def bytes(self, name: str) -> Iterator[IO[bytes]]:
        """The file, open."""
        try:
            stream: IO[bytes] = self._open[name]() if self._open else (self._root / name).open("rb")
            with stream:
                yield stream
        except FAILURES as error:
            if isinstance(error, HpobenchError):
                raise
            raise HpobenchError(f"cannot read {self.where(name)}: {error}.") from error

    def lines(self, name: str) -> Iterator[tuple[int, str]]:
        """Its lines, numbered from 1, without their ends; letters that are no UTF-8 are replaced."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        with self.bytes(name) as stream:
            number = 0
            while raw := stream.readline(LONGEST_LINE + 1):
                number += 1
                if len(raw) > LONGEST_LINE:
                    raise HpobenchError(f"{self.where(name)}:{number}: the line has more than {LONGEST_LINE:,} bytes.")
                yield number, decoder.decode(raw).rstrip("\r\n")

    def json(self, name: str, most: int = 1 << 30) -> Any:
        """What the file says.

        Raises:
            HpobenchError: it is no JSON, or larger than ``most`` bytes.
        """
        with self.bytes(name) as stream:
            text = stream.read(most + 1)
        if len(text) > most:
            raise HpobenchError(f"{self.where(name)} has more than {most:,} bytes.")
        return parsed(text, self.where(name))


def parsed(text: bytes | str, where: str) -> Any:
    """JSON; ``where``: what messages call it."""
    try:
        return json.loads(text)
    except RecursionError:
        raise HpobenchError(f"{where} is nested too deeply.") from None
    except ValueError as error:
        raise HpobenchError(f"{where} is no JSON: {error}.") from error


def number(text: object, where: str, what: str) -> float:
    """A number, which may be infinite or none (NaN).

    Raises:
        HpobenchError: it is none.
    """
    try:
        if isinstance(text, (str, int, float)) and not isinstance(text, bool):
            return float(text)
    except (ValueError, OverflowError):
        pass
    raise HpobenchError(f"{where}: {what} must be a number, not {shown(str(text))}.")


def whole(text: object, where: str, what: str, least: int = 0) -> int:
    """A whole number, as ``12`` or ``1.2e1``.

    Raises:
        HpobenchError: it is none, or too small or large.
    """
    value = number(text, where, what)
    if value == value and value.is_integer() and least <= value < 2**53:
        return int(value)
    raise HpobenchError(f"{where}: {what} must be a whole number from {least} on, not {shown(str(text))}.")

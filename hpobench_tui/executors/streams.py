"""What a worker prints goes to a log that may be on a full disk: then it is lost, and nothing fails for it."""

import io
import sys
from typing import Any


class _Forgiving(io.FileIO):
    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(memoryview(data).cast("B"))


def forgive() -> None:
    """Let no ``print`` of this process raise: the code that prints would take it for a failure of its own."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        raw = _Forgiving(descriptor, "wb", closefd=False)
        stream = io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)

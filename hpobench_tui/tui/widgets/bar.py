"""Progress as text: a bar in halves of a cell, and durations that people read."""

from math import isfinite


def bar(share: float, width: int, ascii_only: bool = False) -> str:
    """A bar of ``width`` columns, ``share`` of it filled (0 to 1)."""
    share = min(max(share, 0.0), 1.0)
    if ascii_only:
        full = int(share * width)
        return "#" * full + "." * (width - full)
    full, half = divmod(int(share * width * 2), 2)
    text = "━" * full + "╸" * half
    return text + "─" * (width - len(text))


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 05 s``, ``2 h 10 min``, ``4 d 3 h``."""
    if not isfinite(seconds):
        return "?"
    if seconds < 0.05:
        return "< 0.1 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def size(count: float) -> str:
    """``900 B``, ``12 kB``, ``3.4 MB``, ``120 GB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.1f} {unit}" if count < 9.95 and unit not in ("B", "kB") else f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.0f} TB" if count < 1e6 else f"{count:.0e} TB"

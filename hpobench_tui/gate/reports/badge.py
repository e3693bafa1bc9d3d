"""An outcome as a badge: for shields.io (https://shields.io/badges/endpoint-badge), or as a picture of its own.

Neither holds any name, so that a badge has one width and nothing to escape.
"""

import json

from hpobench_tui.gate.outcome import Came, Outcome

LABEL = "hpobench"
OPENING = '{"schemaVersion": 1, "label": "hpobench"'
SVG_OPENING = '<svg xmlns="http://www.w3.org/2000/svg" data-of="hpobench"'
_COLORS = {"brightgreen": "#2e7d32", "red": "#c62828", "lightgrey": "#616161"}
"""Shields' words, and colours on which white text has a contrast of at least 4.5."""


def badge(outcome: Outcome) -> str:
    """The JSON that shields.io makes a badge of, where it is served from some address."""
    message, color = _said(outcome)
    return json.dumps({"schemaVersion": 1, "label": LABEL, "message": message, "color": color}) + "\n"


def badge_svg(outcome: Outcome) -> str:
    """The picture, which needs no other's server."""
    message, color = _said(outcome)
    left, right = _width(LABEL), _width(message)
    width = left + right
    return f"""{SVG_OPENING} width="{width}" height="20" role="img" aria-label="{LABEL}: {message}">
<title>{LABEL}: {message}</title>
<rect width="{left}" height="20" fill="#424242"/>
<rect x="{left}" width="{right}" height="20" fill="{_COLORS[color]}"/>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{left / 2:g}" y="14" textLength="{left - 10}">{LABEL}</text>
<text x="{left + right / 2:g}" y="14" textLength="{right - 10}">{message}</text>
</g>
</svg>
"""


def _said(outcome: Outcome) -> tuple[str, str]:
    """What it says, and its colour. Where nothing could be told, it does not say that it passed."""
    if failed := len(outcome.those(Came.FAILED)):
        return f"{failed} failed", "red"
    if not outcome.those(Came.PASSED):
        return "nothing told", "lightgrey"
    return "no regression", "brightgreen"


def _width(text: str) -> int:
    """In pixels, with five on each side; a letter of Verdana at 11 px takes about 7, a narrow one 4."""
    return 10 + sum(4 if letter in " filrt" else 7 for letter in text)

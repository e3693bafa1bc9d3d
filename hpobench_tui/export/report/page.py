"""Data, style and scripts in one HTML file that needs, and may use, nothing else.

The content security policy forbids whatever could leave the file: only the one style and the one script that stand in
it are let in, by their digests. Texts of others come in as JSON alone, and scripts set them as text.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files

from hpobench_tui.core.text import in_line
from hpobench_tui.export.report.sections import Json

STYLES = ("page.css",)
SCRIPTS = ("base.js", "chart.js", "legend.js", "results.js", "performance.js", "books.js", "page.js")
"""In order: each uses those before it."""

_ESCAPED = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{style_hash}'; script-src \
'{script_hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<noscript><p>This page draws its tables and figures with scripts of its own, which this browser does not run.</p>\
</noscript>
<main id="main"></main>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def page(title: str, data: Mapping[str, Json]) -> str:
    """The whole file."""
    style = "\n".join(map(_asset, STYLES))
    script = "\n".join(["(() => {", '"use strict";', *map(_asset, SCRIPTS), "})();"])
    return _PAGE.format(
        title=escape(in_line(title)), data=embedded(data), style=style, script=script,
        style_hash=_digest(style), script_hash=_digest(script),
    )  # fmt: skip


def embedded(data: Mapping[str, Json]) -> str:
    r"""As JSON that may stand in an element: with nothing in it that HTML, or an old script, would take for its own.

    >>> embedded({"</script>": "<!-- & \u2028"})
    '{"\\u003c/script\\u003e":"\\u003c!-- \\u0026 \\u2028"}'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPED).encode("utf-8", "replace").decode()


def _asset(name: str) -> str:
    return (files("hpobench_tui.export.report") / "assets" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"

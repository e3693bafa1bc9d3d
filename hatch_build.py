"""What a package index shows as the README: its links and pictures lead nowhere there, as they are relative.

Where ``[project.urls]`` has a ``Repository``, they lead there; else links are names of files, which are in the source
distribution, and pictures are left out.
"""

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#)([^)]+)\)")


class Readme(MetadataHookInterface):
    """Makes the field ``readme``."""

    def update(self, metadata: dict[str, object]) -> None:
        urls = metadata.get("urls")
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        repository = urls.get("Repository") if isinstance(urls, dict) else None
        metadata["readme"] = {"content-type": "text/markdown", "text": standalone(text, repository)}


def standalone(text: str, repository: str | None) -> str:
    """The text without relative links."""

    def replaced(link: re.Match[str]) -> str:
        mark, label, path = link.groups()
        if repository:
            return f"{mark}[{label}]({repository.rstrip('/')}/{'raw' if mark else 'blob'}/HEAD/{path})"
        return "" if mark else f"`{path}`" if label == path else f"{label} (`{path}`)"

    return LINK.sub(replaced, text)

"""Plug-in packages in a folder, as pip would install them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

PLUGINS = Path(__file__).parent / "plugins"


def describe(site: Path, name: str, version: str, points: Mapping[str, Mapping[str, str]]) -> None:
    """Put a distribution's metadata into the folder ``site``: its entry points by group and name."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    groups = ([f"[{group}]", *(f"{key} = {value}" for key, value in own.items())] for group, own in points.items())
    (info / "entry_points.txt").write_text("\n".join(line for lines in groups for line in lines))


def install(package: str, site: Path) -> None:
    """Put a plug-in's modules and metadata into the folder ``site``."""
    source = PLUGINS / package
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    describe(site, project["name"], project["version"], project["entry-points"])
    for module in source.glob("*.py"):
        (site / module.name).write_text(module.read_text())

"""Makes the pictures of docs/export.md: ``python docs/figures/export.py`` runs the preset ``first`` (minutes) and
exports some of its figures; with the folder of an experiment it exports those of that one."""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
KINDS = ("regret-grid", "wins", "gaussian")


def main(folder: Path | None) -> None:
    """Write ``export-KIND.svg`` beside this file."""
    hpobench = [sys.executable, "-m", "hpobench_tui"]
    with tempfile.TemporaryDirectory() as temporary:
        if folder is None:
            subprocess.run([*hpobench, "run", "first", "--headless", "-o", temporary], check=True)
            (folder,) = Path(temporary).glob("first-*")
        to = Path(temporary) / "figures"
        chosen = ["--formats", "svg", "--figures", ",".join(KINDS), "--to", str(to)]
        subprocess.run([*hpobench, "export", str(folder), *chosen], check=True)
        for kind in KINDS:
            (HERE / f"export-{kind}.svg").write_bytes((to / f"{kind}.svg").read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)

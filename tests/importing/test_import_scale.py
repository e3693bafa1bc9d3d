"""A table of a million rows: what it takes."""

import csv
import random
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pytest

CPU_SECONDS, MEGABYTES = 90.0, 1500.0


@pytest.mark.slow
@pytest.mark.parametrize(("runs", "each"), [(100, 10_000), (1, 1_000_000)])
def test_a_million_rows(tmp_path: Path, runs: int, each: int) -> None:
    draw = random.Random(1)
    with (tmp_path / "big.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["problem", "label", "repetition", "number", "loss", "lr"])
        writer.writerows(
            (f"p{run % 5}", f"m{run // 5 % 4}", run // 20, number, draw.random(), draw.random())
            for number in range(each) for run in range(runs)
        )  # fmt: skip
    before = getrusage(RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "hpobench_tui", "import", "big.csv", "--columns", "param:lr=lr", "-o", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    after = getrusage(RUSAGE_CHILDREN)
    assert f"{runs} runs with 1000000 trials on record" in done.stdout
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < CPU_SECONDS
    assert after.ru_maxrss / 1024 < MEGABYTES

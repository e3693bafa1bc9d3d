"""Landmarks of a problem, wherever a person or a script would look."""

import json
from pathlib import Path

from program import hpobench


def test_from_the_description_through_the_store_to_all_tables(tmp_path: Path) -> None:
    def cli(*arguments: str) -> str:
        done = hpobench(*arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    (tmp_path / "k2.toml").write_text(
        'name = "k2"\nproblems = ["quintic/donaldson-k2"]\noptimizers = ["random"]\n'
        '[budget]\namount = 3\nunit = "evaluations"\n'
    )
    cli("run", "k2.toml", "--headless")
    assert [line.split()[-1] for line in cli("show", "latest").splitlines() if "Donaldson k = 2" in line] == ["0.2217"]
    (mark,) = [m for m in json.loads(cli("show", "latest", "--json"))["landmarks"] if "k = 2" in m["name"]]
    assert mark["loss"] == 0.273261
    assert json.loads(cli("show", "latest", "--json", "--measure", "cumulative"))["landmarks"] == []
    cli("export", "latest", "--to", "all")
    for file in ("table.md", "table.tex", "landmarks.csv"):
        assert "Donaldson k = 2" in (tmp_path / "all" / file).read_text()
    (listed,) = json.loads(cli("problems", "quintic/donaldson-k2", "--json"))
    assert [m["name"] for m in listed["landmarks"]] == ["Fubini-Study", "Donaldson k = 2"]
    assert "landmark: 0.2733 Donaldson k = 2, balanced by" in cli("problems", "quintic/donaldson-k2")

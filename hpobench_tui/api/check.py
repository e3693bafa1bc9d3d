"""``hpo.check``: whether an experiment became worse than a baseline."""

from pathlib import Path
from typing import Any

from hpobench_tui.api import inputs
from hpobench_tui.api.experiment import Experiment
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.engine.front import lifecycle
from hpobench_tui.gate.check import Rule
from hpobench_tui.gate.check import check as check_against
from hpobench_tui.gate.outcome import Outcome
from hpobench_tui.gate.sources import named


def check(experiment: "Experiment | inputs.PathLike", against: "Experiment | inputs.PathLike", **rule: Any) -> Outcome:
    """What ``hpobench check`` finds (docs/gate.md): ``outcome.passed``, ``outcome.findings``, each with its numbers.

    Args:
        experiment: To be checked: an experiment as a whole, or its folder.
        against: The baseline: a file, a folder or an experiment.
        rule: Fields of ``gate.check.Rule``: alpha, min_effect, slowdown, time, allow_missing, effect.

    Raises:
        HpobenchError: they cannot be compared, or there is no such field.
    """
    try:
        by = Rule(**rule)
    except TypeError:
        raise HpobenchError(f"check takes {', '.join(Rule.__slots__)}, not {', '.join(map(repr, rule))}.") from None
    return check_against(named(_folder(experiment)), named(_folder(against)), by)


def _folder(given: "Experiment | inputs.PathLike") -> Path:
    if isinstance(given, Experiment):
        return given.folder
    path = inputs.path(given, "check")
    return path if path.is_file() else lifecycle.find(str(path), lifecycle.outputs_root())

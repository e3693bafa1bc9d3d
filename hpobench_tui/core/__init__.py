"""The vocabulary that every other package shares: frozen values, protocols and exact arithmetic. No I/O."""

from hpobench_tui.core.brackets import Bracket, Rung, Variant
from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.configuration import Configuration, Value
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.optimizer import (
    Ask,
    Capabilities,
    Complete,
    NotReady,
    Optimizer,
    OptimizerInfo,
    Parameter,
    Task,
)
from hpobench_tui.core.problem import Dimensions, Fidelity, Problem, ProblemInfo, Reference, Report, Training
from hpobench_tui.core.trial import Status, Trial

__all__ = [
    "Ask",
    "Bracket",
    "Budget",
    "Capabilities",
    "Complete",
    "Configuration",
    "Dimensions",
    "Fidelity",
    "HpobenchError",
    "NotReady",
    "Optimizer",
    "OptimizerInfo",
    "Parameter",
    "Problem",
    "ProblemInfo",
    "Reference",
    "Report",
    "Rung",
    "Status",
    "Task",
    "Training",
    "Trial",
    "Unit",
    "Value",
    "Variant",
]

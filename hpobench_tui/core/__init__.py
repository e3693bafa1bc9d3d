"""The vocabulary that every other package shares: frozen values, protocols and exact arithmetic. No I/O."""

from hpobench_tui.core.brackets import Bracket, Rung, Variant
from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.command import CommandContext, CommandInfo, CommandResult, Incumbent, Table
from hpobench_tui.core.configuration import Choice, Configuration, Value
from hpobench_tui.core.errors import HpobenchError, TrainingError
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.optimizer import Ask, Capabilities, Complete, Look, NotReady, Optimizer, OptimizerInfo, Task
from hpobench_tui.core.parameter import Parameter
from hpobench_tui.core.problem import (
    Arm,
    ArmedProblem,
    Dimensions,
    Fidelity,
    Landmark,
    ManyProblem,
    MinimisedProblem,
    Problem,
    ProblemInfo,
    Reference,
    Report,
    RoundProblem,
    Training,
    Trainings,
)
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.core.status import ExperimentStatus, RunStatus, TrialStatus
from hpobench_tui.core.trial import Trial

__all__ = [
    "Arm",
    "ArmedProblem",
    "Ask",
    "Bracket",
    "Budget",
    "Capabilities",
    "Choice",
    "CommandContext",
    "CommandInfo",
    "CommandResult",
    "Complete",
    "Configuration",
    "Dimensions",
    "ExperimentStatus",
    "Fidelity",
    "HpobenchError",
    "Incumbent",
    "Landmark",
    "Look",
    "ManyProblem",
    "Measure",
    "MinimisedProblem",
    "NotReady",
    "Optimizer",
    "OptimizerInfo",
    "Parameter",
    "Problem",
    "ProblemInfo",
    "Reference",
    "Report",
    "RoundProblem",
    "RunStatus",
    "Rung",
    "Simulation",
    "Table",
    "Task",
    "Training",
    "TrainingError",
    "Trainings",
    "Trial",
    "TrialStatus",
    "Unit",
    "Value",
    "Variant",
]

"""How the columns are scaled before a model sees them; the scaler learns from what the model learns from."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from hpobench_tui.core import Configuration

if TYPE_CHECKING:
    from ConfigSpace import CategoricalHyperparameter, OrdinalHyperparameter

SCALERS: Mapping[str, Callable[[], object]] = {
    "standard": StandardScaler,  # mean 0, deviation 1
    "min-max": MinMaxScaler,  # from 0 to 1
    "robust": RobustScaler,  # median 0, quartiles 1 apart
    "none": lambda: "passthrough",
}


def hyperparameter() -> "CategoricalHyperparameter | OrdinalHyperparameter":
    """``scaling``, one of four."""
    from ConfigSpace import Categorical

    return Categorical("scaling", list(SCALERS), default="standard")


def scaler(configuration: Configuration) -> object:
    """The step of a scikit-learn pipeline that a configuration asks for."""
    return SCALERS[str(configuration["scaling"])]()

"""Networks of dense layers: scikit-learn's MLPClassifier and MLPRegressor, an epoch of the examples at a time.

The seed decides initial weights and the order of the examples. A network whose weights overflow is a failed training.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from hpobench_suites.ml import scaling
from hpobench_suites.ml.evaluation import Diverged, Tuning
from hpobench_suites.ml.examples import Examples, Floats
from hpobench_tui.core import Configuration

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


class Trained:
    """A network and the scaler before it.

    Args:
        classes: All there are; None of a regression.
    """

    def __init__(self, network: Any, scaler: Any, classes: Floats | None, train: Examples, asked: Floats) -> None:
        self._network, self._classes, self._epochs = network, classes, 0
        plain = scaler == "passthrough"
        self._train = train if plain else Examples(scaler.fit_transform(train.x), train.y)
        self._asked = asked if plain else scaler.transform(asked)

    def learn(self, to: int) -> Floats:
        """Train on to ``to`` epochs and predict.

        Raises:
            Diverged: a weight is no finite number any more.
        """
        known = {} if self._classes is None else {"classes": self._classes}
        for _ in range(self._epochs, to):
            try:
                self._network.partial_fit(self._train.x, self._train.y, **known)
            except ValueError as error:
                if "non-finite" not in str(error):
                    raise
                raise Diverged(str(error)) from error
        self._epochs = to
        weights = (*self._network.coefs_, *self._network.intercepts_)
        if not all(np.isfinite(some).all() for some in weights):
            raise Diverged("a weight of the network is no finite number any more.")
        return np.asarray(self._network.predict(self._asked))


class Mlp(Tuning):
    """The problem ``ml/mlp``."""

    def space(self) -> "ConfigurationSpace":
        """Shape, activation, solver and what it has, penalty, batches, scaling."""
        from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer

        solver = Categorical("solver", ["adam", "sgd"], default="adam")
        momentum = Float("momentum", (0.0, 0.99), default=0.9)
        whole = ConfigurationSpace()
        whole.add(
            Integer("layers", (1, 3), default=1),
            Integer("units", (8, 128), log=True, default=100),
            Categorical("activation", ["relu", "tanh", "logistic"], default="relu"),
            solver,
            Float("learning_rate", (1e-4, 1e-1), log=True, default=1e-3),
            momentum,
            Float("alpha", (1e-7, 1e-1), log=True, default=1e-4),
            Integer("batch_size", (16, 256), log=True, default=64),
            scaling.hyperparameter(),
        )
        whole.add(EqualsCondition(momentum, solver, "sgd"))
        return whole

    def learner(self, configuration: Configuration, seed: int, train: Examples, asked: Floats) -> Trained:
        """The fidelity is epochs."""
        network = (MLPRegressor if self.data.regression else MLPClassifier)(
            hidden_layer_sizes=(int(configuration["units"]),) * int(configuration["layers"]),
            activation=configuration["activation"],
            solver=configuration["solver"],
            learning_rate_init=configuration["learning_rate"],
            momentum=configuration.get("momentum", 0.9),
            alpha=configuration["alpha"],
            batch_size=min(int(configuration["batch_size"]), len(train)),
            random_state=np.random.RandomState(seed),  # a number would shuffle every epoch alike
        )
        classes = None if self.data.regression else self.data.classes
        return Trained(network, scaling.scaler(configuration), classes, train, asked)


problem = Mlp

"""How a network is trained: optimizer, learning rate and its schedule, penalties, dropout, batch size.

Penalties are on the weights, not on the biases: l1 · Σ|w| + l2 · Σw² beside the loss, as Keras's regularizers have it.
"""

from dataclasses import dataclass
from math import cos, pi

from hpobench_tui.core import Configuration

CONSTANT, COSINE, EXPONENTIAL = "constant", "cosine", "exponential"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers of a training.

    Attributes:
        optimizer: Its family (``steps.FAMILIES``).
        decay: Of the exponential schedule: the learning rate at the end of a full training, as a share of the first.
        momentum: Of "sgd".

    >>> recipe = Recipe.of({"learning_rate": 1e-3})
    >>> recipe.optimizer, recipe.batch_size, recipe.rate(0.5)
    ('adam', 128, 0.001)
    """

    learning_rate: float = 1e-3
    optimizer: str = "adam"
    batch_size: int = 128
    schedule: str = CONSTANT
    decay: float = 1.0
    momentum: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0

    @classmethod
    def of(cls, configuration: Configuration) -> "Recipe":
        """That of a configuration; what it does not say is as in the lecture's network."""
        said = configuration.get
        return cls(
            float(said("learning_rate", 1e-3)),
            str(said("optimizer", "adam")),
            int(said("batch_size", 128)),
            str(said("schedule", CONSTANT)),
            float(said("decay", 1.0)),
            float(said("momentum", 0.0)),
            float(said("l1", 0.0)),
            float(said("l2", 0.0)),
            float(said("dropout", 0.0)),
        )

    def rate(self, done: float) -> float:
        """The learning rate when that share of a full training is done.

        Longer trainings go on with the last one. Cosine: from the first to 0 (arXiv 1608.03983, without restarts).
        """
        done = min(done, 1.0)
        if self.schedule == COSINE:
            return self.learning_rate * 0.5 * (1.0 + cos(pi * done))
        if self.schedule == EXPONENTIAL:
            return self.learning_rate * float(self.decay**done)
        return self.learning_rate

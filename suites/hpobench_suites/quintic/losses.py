"""What is minimised on a batch of points.

Monge-Ampère (arXiv 2111.01436, and the lecture's σ): mean of w |1 − r/κ|^p over the batch, r = det g/|Ω|², p = 1 or 2,
with κ = Vol_K/Vol_CY from the two volumes, which are known: no batch has to estimate them. w are the weights of the
points, so that p = 1 is σ itself but for the volume.
"""

from torch import Tensor

POWERS = {"l1": 1, "l2": 2}


def monge_ampere(determinant: Tensor, density: Tensor, weight: Tensor, loss: str) -> Tensor:
    """The mean for det g (n,), κ⁻¹/|Ω|² (n,) and weights (n,).

    Args:
        loss: "l1" or "l2".
    """
    off = determinant * density - 1.0
    return ((off.abs() if POWERS[loss] == 1 else off * off) * weight).mean()

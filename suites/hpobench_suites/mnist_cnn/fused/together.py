"""Trainings that are taken further together, in buckets of one shape each.

What holds: in float64 each member's losses and weights are those of the training alone, up to 1e-12 after ten steps;
in float32 up to 1e-4 after one step of gradient descent (where a maximum or a rectifier turns on the last bit, one
image's part of a gradient is another), and from then on they part as they also do between memory formats, with the
same accuracy. Beside mates of other values, even NaN, a member's numbers are the same bit for bit; beside another
*number* of mates they may differ by round-off. A member that diverges stays where it is, as it would alone.

A bucket that does not fit into the device's memory is halved, which ``notes`` say; a single training that does not fit
is a failure of that one. Nothing of a bucket is kept before its epochs are done, so that halving repeats nothing that
counts.

Several runs on one device take turns by the driver's time slices, which are fair; each sees the time that it waited as
its own. One run a device, which ``--workers`` is set to by itself, shares nothing.
"""

from collections.abc import Sequence
from time import perf_counter

import torch

from hpobench_suites.mnist_cnn.fused.probe import fastest
from hpobench_suites.mnist_cnn.fused.stack import Shape, Stack
from hpobench_suites.mnist_cnn.fused.stepper import Stepper
from hpobench_suites.mnist_cnn.training import EPOCHS, CnnTraining, SubsetTraining, exactly
from hpobench_tui.core import Report

_FITS: dict[Shape, int] = {}
"""How many of a shape fit, once some did not."""


class Together:
    """Members that may be of any shapes and at any epochs.

    Args:
        way: Of ``fused.ways.WAYS``; None: the fastest.

    Attributes:
        notes: What somebody should know of how it went; who has read them clears them.
    """

    def __init__(self, members: Sequence[CnnTraining | SubsetTraining], way: str | None = None) -> None:
        self.members = list(members)
        self.notes: list[str] = []
        self._way = way

    def advance(self, to_fidelity: Sequence[int]) -> list[Report | Exception]:
        """Train each to its fidelity, and validate."""
        trainings = [
            m if isinstance(m, CnnTraining) else m.training(to) for m, to in zip(self.members, to_fidelity, strict=True)
        ]
        targets = [
            to if isinstance(m, CnnTraining) else EPOCHS for m, to in zip(self.members, to_fidelity, strict=True)
        ]
        failures = self._train(trainings, targets)
        return [failures.get(i) or training.report() for i, training in enumerate(trainings)]

    def train(self, to_epoch: Sequence[int]) -> None:
        """Train each to so many epochs, without validation.

        Raises:
            torch.OutOfMemoryError: one does not even fit alone.
        """
        members = [m for m in self.members if isinstance(m, CnnTraining)]
        for failure in self._train(members, list(to_epoch)).values():
            raise failure

    def _train(self, trainings: list[CnnTraining], targets: list[int]) -> dict[int, Exception]:
        """Train all; those that failed, by their places."""
        failures: dict[int, Exception] = {}
        while due := self._due(trainings, targets, failures):
            buckets: dict[Shape, list[int]] = {}
            for i in due:
                buckets.setdefault(Shape.of(trainings[i]), []).append(i)
            for shape, places in buckets.items():
                self._bucket(shape, places, trainings, targets, failures)
        return failures

    @staticmethod
    def _due(trainings: list[CnnTraining], targets: list[int], failures: dict[int, Exception]) -> list[int]:
        return [
            i
            for i, (training, to) in enumerate(zip(trainings, targets, strict=True))
            if training.epochs < to and not training.diverged and i not in failures
        ]

    def _bucket(
        self,
        shape: Shape,
        places: list[int],
        trainings: list[CnnTraining],
        targets: list[int],
        failures: dict[int, Exception],
    ) -> None:
        """Train a bucket until one of it is where it should be, or diverges."""
        most = _FITS.get(shape, len(places))
        if len(places) > most:
            for first in range(0, len(places), most):
                self._bucket(shape, places[first : first + most], trainings, targets, failures)
            return
        members = [trainings[i] for i in places]
        epochs = min(targets[i] - trainings[i].epochs for i in places)
        generators = [m.generator.get_state() for m in members]
        try:
            if len(members) == 1 and self._way is None:
                members[0].train(members[0].epochs + epochs)
            else:
                train(members, epochs, self._way or fastest(members))
            return
        except torch.OutOfMemoryError as error:
            for member, state in zip(members, generators, strict=True):
                member.generator.set_state(state)
            if len(members) == 1:
                failures[places[0]] = error
                return
        # Out of the handler: the error holds on to the tensors that did not fit.
        torch.cuda.empty_cache()
        _FITS[shape] = len(members) // 2
        self.notes.append(
            f"{len(members)} networks of {members[0].parameter_count:,} parameters with batches of {shape.batch_size}"
            f" do not fit into the memory of {shape.device} together; at most {_FITS[shape]} from now on"
        )
        self._bucket(shape, places, trainings, targets, failures)


def train(members: Sequence[CnnTraining], epochs: int, way: str) -> None:
    """Train members of one shape so many epochs further in a way; fewer where one diverges."""
    started = perf_counter()
    stack = Stack(members)
    shape = stack.shape
    graphed = shape.device != "cpu"
    steppers: dict[int, Stepper] = {}
    batches = -(-shape.images // shape.batch_size)
    widths = [shape.architecture.flattened, *shape.architecture.dense] if shape.drops else []
    done = 0
    with exactly(shape.precision):
        while done < epochs:
            orders = torch.stack([m.order() for m in members])
            scalars = torch.tensor(
                [[m.scalars(done * batches + batch) for m in members] for batch in range(batches)], dtype=torch.float64
            ).transpose(1, 2)
            orders, scalars = orders.to(shape.device), scalars.to(shape.device, shape.dtype)
            total = torch.zeros(len(members), dtype=torch.float64, device=shape.device)
            for batch, rows in enumerate(orders.split(shape.batch_size, dim=1)):
                size = rows.shape[1]
                if size not in steppers:
                    steppers[size] = Stepper(stack, way, size, graphed)
                number = done * batches + batch
                kept = [
                    torch.stack([m.kept(layer, torch.Size((size, width)), m.steps + number) for m in members])
                    for layer, width in enumerate(widths)
                ]
                steppers[size].step(rows, scalars[batch], kept)
                total += steppers[size].losses * size
            done += 1
            losses = (total / shape.images).tolist()
            if not all(loss == loss and abs(loss) != float("inf") for loss in losses):
                break
    stack.give_back(members)
    share = (perf_counter() - started) / len(members)
    for member, loss in zip(members, losses, strict=True):
        member.seconds += share
        member.epochs, member.steps, member.train_loss = member.epochs + done, member.steps + done * batches, loss

"""What can go wrong between a checkpoint's name and its answer, each with its next step."""

from __future__ import annotations

from advisor.errors import AdvisorError


class InferenceError(AdvisorError):
    """A checkpoint or an image cannot be used."""

    kind = "inference"


class ImageError(InferenceError):
    """A file cannot be shown to a checkpoint."""

    kind = "unreadable-image"


class NotDownloadedError(InferenceError):
    """The checkpoint is not on this machine and nobody agreed to a download."""

    kind = "not-downloaded"


class DiskFullError(InferenceError):
    """There is no room for the checkpoint."""

    kind = "disk-full"


class CannotWriteError(InferenceError):
    """A file cannot be written."""

    kind = "cannot-write"


class OutputExistsError(InferenceError):
    """The folder to write to already holds something."""

    kind = "output-exists"


class OutOfMemoryError(InferenceError):
    """The checkpoint does not fit into memory."""

    kind = "out-of-memory"


class UnsafeWeightsError(InferenceError):
    """The weights are pickled: loading them could run code."""

    kind = "pickled-weights"


class RemoteCodeError(InferenceError):
    """The checkpoint needs code of its own, which is never run."""

    kind = "remote-code"


class UnsupportedError(InferenceError):
    """This model type cannot do this task."""

    kind = "unsupported"


class WeightsMismatchError(InferenceError):
    """Loading would leave parts of the network random."""

    kind = "weights-mismatch"


class BrokenCheckpointError(InferenceError):
    """The checkpoint's files are damaged or incomplete."""

    kind = "broken-checkpoint"


class TrainingError(InferenceError):
    """Training went wrong."""

    kind = "training"


class MissingInputError(InferenceError):
    """The task needs something that was not given: labels, a question, other images."""

    kind = "missing-input"

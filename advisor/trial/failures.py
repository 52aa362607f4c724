"""What can go wrong between a checkpoint's name and its answer, each with its next step."""

from __future__ import annotations

from advisor.errors import AdvisorError


class InferenceError(AdvisorError, kind="inference"):
    """A checkpoint or an image cannot be used."""


class ImageError(InferenceError, kind="unreadable-image"):
    """A file cannot be shown to a checkpoint."""


class NotDownloadedError(InferenceError, kind="not-downloaded"):
    """The checkpoint is not on this machine and nobody agreed to a download."""


class DiskFullError(InferenceError, kind="disk-full"):
    """There is no room for the checkpoint."""


class OutputExistsError(InferenceError, kind="output-exists"):
    """The folder to write to already holds something."""


class OutOfMemoryError(InferenceError, kind="out-of-memory"):
    """The checkpoint does not fit into memory."""


class UnsafeWeightsError(InferenceError, kind="pickled-weights"):
    """The weights are pickled: loading them could run code."""


class RemoteCodeError(InferenceError, kind="remote-code"):
    """The checkpoint needs code of its own, which is never run."""


class UnsupportedError(InferenceError, kind="unsupported"):
    """This model type cannot do this task."""


class WeightsMismatchError(InferenceError, kind="weights-mismatch"):
    """Loading would leave parts of the network random."""


class BrokenCheckpointError(InferenceError, kind="broken-checkpoint"):
    """The checkpoint's files are damaged or incomplete."""


class TrainingError(InferenceError, kind="training"):
    """Training went wrong."""


class MissingInputError(InferenceError, kind="missing-input"):
    """The task needs something that was not given: labels, a question, other images."""

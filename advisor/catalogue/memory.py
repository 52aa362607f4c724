"""How much memory a checkpoint takes, estimated from its parameters."""

from __future__ import annotations

OVERHEAD_MB = 350
"""The interpreter with torch and transformers loaded, measured on a CPU."""

FLOAT32_UP_TO_MILLIONS = 1000
"""Larger checkpoints are published, and loaded, in half precision."""

ASSUMPTIONS = (
    "batch of one, weights loaded in the precision of their file: float32 up to 1,000 million "
    "parameters, bfloat16 above; 350 MB for the interpreter with torch and transformers"
)


def memory_gb(parameters_millions: float | None) -> float | None:
    """Return the peak memory in GB (2^30 bytes) for one picture; None where the size is unknown.

    On a CPU, 20 runs with 151 to 361 million parameters peaked within 7.1 % of this; above 400
    million, in several shards or in batches nobody has measured it.
    """
    if parameters_millions is None:
        return None
    bytes_each = 4 if parameters_millions <= FLOAT32_UP_TO_MILLIONS else 2
    megabytes = OVERHEAD_MB + parameters_millions * 1e6 * bytes_each / 2**20
    return round(megabytes / 1024, 2)

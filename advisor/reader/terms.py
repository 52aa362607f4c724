"""Words with a fixed meaning in rule files."""

from __future__ import annotations

SECTIONS = (
    "inputs",
    "outputs",
    "architecture",
    "objectives",
    "training",
    "data",
    "advantages",
    "limits",
    "licences",
    "fine_tuning",
    "choose_when",
    "avoid_when",
)
FITS = ("best", "good", "possible", "helper")
USES = ("as-is", "fine-tune", "compose")
BESIDE = ("labels", "question", "folder", "query")
"""What `advisor try` takes beside the picture, by its flag."""

EFFECTS = ("exclude", "avoid", "prefer")

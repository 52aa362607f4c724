"""Metrics by their field's definitions, from plain arguments: no image, no checkpoint, no file.

Each returns a `Weighable`, so that its value under any resampling of the items costs no second
reading. They are equal to the libraries that the field quotes (pycocoevalcap, scikit-learn,
torchmetrics, anls-star, ir-measures, jiwer), which only tests import. METEOR and SPICE are not
here: both need Java, and data that would have to be downloaded.
"""

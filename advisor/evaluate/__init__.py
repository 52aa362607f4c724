"""Evaluation of candidates on the user's labeled images (`advisor evaluate`).

`evaluation_set` holds the data; `responses` the requests and answers, which `run_file` stores.
Metrics, certainty, verdict and report are computed from a run alone: they open no image and load no
checkpoint. All values are frozen; the same run is always the same bytes.
"""

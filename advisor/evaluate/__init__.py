"""Candidates on labelled images of one's own: run, measured, compared (`advisor evaluate`).

`evaluation_set` is what is judged; `responses` what is asked and given, which `run_file` keeps.
Metrics, certainty, verdict and report follow from a run alone: they open no image and load no
checkpoint. Everything is frozen; what a run holds is the same bytes whenever it was made.
"""

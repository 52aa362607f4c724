"""Candidates on labelled images of one's own: run, measured, compared (`advisor evaluate`).

Its parts, each of which knows only those before it:

`labelled`  the set: images with what is true of them, and which act on them is judged
`responses` what is asked, and a run: which candidates, with which settings, and what each gave
            for each image (`EvaluationRun`); read from a folder, in which nothing that is timed
            is mixed with what was given
metrics, certainty, verdict, report
            what follows from a run; they open no image and load no checkpoint

Everything is frozen; what a run holds is the same bytes whenever and wherever it was made.
"""

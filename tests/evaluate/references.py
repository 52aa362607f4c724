"""Metrics as the field's own libraries compute them. A library that is missing fails the tests.

Each is imported where it is used: what collects the tests waits for none of them.
"""

import contextlib
import io
import warnings

import anls_star
import ir_measures
import jiwer
import numpy as np
from pycocoevalcap.cider.cider_scorer import CiderScorer


def joined(texts, references):
    return [" ".join(text) for text in texts], [[" ".join(one) for one in r] for r in references]


def cider(texts, references):
    said, right = joined(texts, references)
    scorer = CiderScorer(n=4, sigma=6.0)
    for text, some in zip(said, right, strict=True):
        scorer += (text, some)
    return float(scorer.compute_score()[0])


def accuracy(truth, picked):
    from sklearn.metrics import accuracy_score

    return accuracy_score(truth, picked)


def macro_f1(truth, picked):
    from sklearn.metrics import f1_score

    return f1_score(truth, picked, average="macro", zero_division=0)


def mean_average_precision(truth, scores):
    from sklearn.metrics import average_precision_score

    used = truth.any(axis=0)
    return average_precision_score(truth[:, used], scores[:, used], average="macro")


def retrieval(scores, relevant, ks):
    """Return success at each of ks and MRR; scores have no ties, as trec_eval breaks them by id."""
    qrels = [
        ir_measures.Qrel(str(q), str(d), int(relevant[q, d]))
        for q in range(len(scores))
        for d in range(scores.shape[1])
    ]
    run = [
        ir_measures.ScoredDoc(str(q), str(d), float(scores[q, d]))
        for q in range(len(scores))
        for d in range(scores.shape[1])
    ]
    asked = [ir_measures.Success @ k for k in ks] + [ir_measures.RR]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ir_measures.calc_aggregate(asked, qrels, run)
    return [found[one] for one in asked]


def anls(answers, references):
    scores = []
    for answer, right in zip(answers, references, strict=True):
        with contextlib.redirect_stderr(io.StringIO()):
            scores.append(anls_star.anls_score(tuple(right), answer))
    return float(np.mean(scores))


def cer(texts, references):
    return jiwer.cer(list(references), list(texts))


def wer(texts, references):
    return jiwer.wer(list(references), list(texts))


def field_f1(found, truth):
    """Fields are sets of (name, value) here, so that scikit-learn can count them."""
    from sklearn.metrics import f1_score
    from sklearn.preprocessing import MultiLabelBinarizer

    names = MultiLabelBinarizer().fit([*map(sorted, found), *map(sorted, truth), [("", "none")]])
    return f1_score(
        names.transform(truth), names.transform(found), average="micro", zero_division=1.0
    )

"""A classifier of comments: characters and pairs for Chinese, words and pairs for English, a linear model.

scikit-learn is imported where it is used: it costs a second, and only who trains needs it. What is stored are
numbers; words are hashed, so the weights hold no word of a customer.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.scores.shares import wilson

COLUMNS = 2**18
FOLDS = 5
SEED = 20_261_122
_STRENGTH = 5.0  # of scikit-learn's C: weak regularisation, because each text has few features
_PIECE = re.compile(r"[a-z]+(?:['’][a-z]+)*|[\u3400-\u9fff]+", re.IGNORECASE)
_WORDLESS = "-"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trained:
    """Plain arrays: classes, the columns that occurred with their weights, and the weight of unseen ones."""

    classes: NDArray[np.int64]
    columns: NDArray[np.int64]
    idf: Floats
    unseen: float
    weights: Floats
    intercept: Floats


def features(text: str) -> list[str]:
    """Return what a text is made of: Chinese characters and pairs, English words and pairs.

    A text without words has one mark of its own, so that there is always something to learn from.
    """
    found: list[str] = []
    words: list[str] = []
    for piece in _PIECE.findall(text.lower()):
        if "\u3400" <= piece[0] <= "\u9fff":
            found += [*piece, *(piece[k : k + 2] for k in range(len(piece) - 1))]
        else:
            words.append(piece)
    return [*found, *words, *(f"{one} {two}" for one, two in pairwise(words))] or [_WORDLESS]


def fit(texts: Sequence[str], codes: Sequence[int]) -> Trained:
    """Learn from labelled texts; the same labels give the same numbers.

    Parameters
    ----------
    texts : sequence of str
        Masked.
    codes : sequence of int
        What a person said of each; at least two different ones.

    Returns
    -------
    Trained
        TF-IDF with logarithmic counts and unit length; logistic regression, classes weighted so that a rare
        one is not forgotten.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    counted = _counts(texts)
    columns = np.unique(counted.indices).astype(np.int64)
    inside = counted[:, columns]
    n = len(texts)
    idf = np.log((1 + n) / (1 + np.bincount(inside.indices, minlength=len(columns)))) + 1
    unseen = float(np.log(1 + n) + 1)
    model = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=1000, random_state=SEED)
    model.fit(_weighted(counted, columns, idf, unseen)[:, columns], np.asarray(codes))
    return Trained(
        np.asarray(model.classes_, dtype=np.int64), columns, idf, unseen, model.coef_, model.intercept_
    )


def predict(trained: Trained, texts: Sequence[str]) -> tuple[NDArray[np.int64], Floats]:
    """Return the likeliest code of each text and its probability."""
    if not texts:
        return np.empty(0, dtype=np.int64), np.empty(0)
    weighted = _weighted(_counts(texts), trained.columns, trained.idf, trained.unseen)
    scores = np.asarray(weighted[:, trained.columns] @ trained.weights.T) + trained.intercept
    if scores.shape[1] == 1:
        scores = np.hstack([-scores / 2, scores / 2])
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = odds / odds.sum(axis=1, keepdims=True)
    best = shares.argmax(axis=1)
    return trained.classes[best], shares[np.arange(len(best)), best]


def validate(
    texts: Sequence[str], codes: Sequence[int], groups: Sequence[str], measured: Sequence[bool]
) -> dict[str, Any]:
    """Say how often it errs on comments that it has not learnt from.

    Parameters
    ----------
    texts, codes : sequences
        As for `fit`.
    groups : sequence of str
        Whose comment it is, of at least `FOLDS` people: all comments of one person are learnt from or tested,
        never both.
    measured : sequence of bool
        Which were drawn at random; the others are learnt from and count in no figure.

    Returns
    -------
    dict
        ``n``, ``right``, ``accuracy`` with its Wilson interval, the ``baseline`` of always saying the
        commonest class, and for each class ``n``, ``predicted``, ``right``, ``precision``, ``recall``.
    """
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415

    folds = StratifiedGroupKFold(n_splits=FOLDS, shuffle=True, random_state=SEED)
    truth, said = np.asarray(codes), np.full(len(codes), -2)
    for learn, test in folds.split(np.zeros(len(codes)), truth, np.asarray(groups)):
        if len(set(truth[learn])) > 1:
            trained = fit([texts[k] for k in learn], [codes[k] for k in learn])
            said[test] = predict(trained, [texts[k] for k in test])[0]
    keep = np.asarray(measured, dtype=bool)
    return _report(truth[keep], said[keep])


def _report(truth: NDArray[Any], said: NDArray[Any]) -> dict[str, Any]:
    n, right = len(truth), int((truth == said).sum())
    classes = [_class(int(code), truth, said) for code in np.unique(truth)]
    most = max(classes, key=lambda one: one["n"], default={"code": 0, "n": 0})
    return {
        "n": n, "right": right, "accuracy": right / n if n else None, "folds": FOLDS,
        "ci95": list(wilson(right, n)) if n else None,
        "baseline": most["n"] / n if n else None, "commonest": most["code"], "classes": classes,
    }  # fmt: skip


def _class(code: int, truth: NDArray[Any], said: NDArray[Any]) -> dict[str, Any]:
    n, predicted = int((truth == code).sum()), int((said == code).sum())
    right = int(((truth == code) & (said == code)).sum())
    return {
        "code": code, "n": n, "predicted": predicted, "right": right,
        "precision": right / predicted if predicted else None, "recall": right / n if n else None,
    }  # fmt: skip


def pack(trained: Trained) -> bytes:
    """Write the arrays down; nothing of it can be run."""
    file = io.BytesIO()
    np.savez_compressed(
        file, classes=trained.classes, columns=trained.columns, idf=trained.idf,
        unseen=np.array(trained.unseen), weights=trained.weights, intercept=trained.intercept,
    )  # fmt: skip
    return file.getvalue()


def unpack(stored: bytes) -> Trained:
    """Read what `pack` wrote; an object that would have to be run is refused."""
    with np.load(io.BytesIO(stored), allow_pickle=False) as found:
        return Trained(
            found["classes"], found["columns"], found["idf"], float(found["unseen"]), found["weights"],
            found["intercept"],
        )  # fmt: skip


def _counts(texts: Sequence[str]) -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415

    hashing = HashingVectorizer(analyzer=features, n_features=COLUMNS, norm=None, alternate_sign=False)
    return hashing.transform(texts)


def _weighted(counted: Any, columns: NDArray[np.int64], idf: Floats, unseen: float) -> Any:
    """Return the texts as rows of length one; words that were never learnt make a text less certain."""
    from sklearn.preprocessing import normalize  # noqa: PLC0415

    by_column = np.full(COLUMNS, unseen)
    by_column[columns] = idf
    weighted = counted.copy()
    weighted.data = (1 + np.log(weighted.data)) * by_column[weighted.indices]
    return normalize(weighted)

"""Writes metrics.json: 200 random cases with scikit-learn's answers (scikit-learn 1.x, NumPy). Not run by the tests."""

import json
import warnings

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn import metrics

rng = np.random.default_rng(20)


def defined(metric, *args):
    """The metric, or None where scikit-learn warns that it is undefined."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = float(metric(*args))
        except ValueError:
            return None
    return None if caught or np.isnan(value) else value


def calibration_error(y, p, bins=10):
    place = np.minimum((p * bins).astype(int), bins - 1)
    return float(sum(abs(p[place == k].mean() - y[place == k].mean()) * (place == k).sum() for k in set(place)) / len(y))


cases = []
for k in range(200):
    n = int(rng.integers(1, 40))
    y = rng.integers(0, 2, n) if k % 10 else np.full(n, (k // 10) % 2)  # every tenth has one class
    p = np.round(rng.random(n), 4)
    if k % 3 == 0:
        p = np.round(p * 8) / 8  # ties
    if k % 17 == 0:
        p = np.full(n, 0.25)  # constant
    d = (p >= 0.5).astype(int)
    query = np.concatenate([np.round(rng.random(5), 3), [-1, 2]])
    target = np.round(rng.normal(size=n), 3)
    guess = np.round(target + rng.normal(size=n) * 0.5, 3)
    cases.append(
        {
            "labels": [bool(v) for v in y],
            "probabilities": p.tolist(),
            "accuracy": float(metrics.accuracy_score(y, d)),
            "roc_auc": defined(metrics.roc_auc_score, y, p),
            "pr_auc": defined(metrics.average_precision_score, y, p),
            "f1": float(metrics.f1_score(y, d, zero_division=0)),
            "mcc": float(metrics.matthews_corrcoef(y, d)),
            "brier": float(metrics.brier_score_loss(y, p, pos_label=1)),
            "log_loss": float(metrics.log_loss(y, p, labels=[0, 1])),
            "ece": calibration_error(y, p),
            "query": query.tolist(),
            "isotonic": IsotonicRegression(out_of_bounds="clip").fit(p, y).predict(query).tolist(),
            "targets": target.tolist(),
            "predictions": guess.tolist(),
            "mae": float(metrics.mean_absolute_error(target, guess)),
            "rmse": float(np.sqrt(metrics.mean_squared_error(target, guess))),
            "r2": defined(metrics.r2_score, target, guess),
        }
    )
with open("metrics.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")

"""Features → the best linear head, by logistic regression; its solution starts the Keras head."""

import warnings
from dataclasses import dataclass

import numpy as np

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # C of scikit-learn: larger fits the training photos closer


@dataclass(frozen=True)
class Probe:
    """A linear classifier on raw features: scores = features @ kernel + bias.

    ``kernel`` is [d, classes] and ``bias`` [classes]; for one sigmoid neuron both have one column.
    """

    kernel: np.ndarray
    bias: np.ndarray
    strength: float
    accuracy: float


def fit_probe(train: tuple[np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray], classes: int, single: bool,
              balanced: bool = False) -> Probe:
    """The logistic regression on standardised features that has the lowest log loss on the validation photos.

    Args:
        train, validation: features [n, d] and labels int [n].
        classes: number of classes; each must occur in ``train``.
        balanced: let every class count the same in the fit, however many photos it has.
        single: two classes as one sigmoid neuron.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    mean, spread = train[0].mean(axis=0, dtype=np.float64), train[0].std(axis=0, dtype=np.float64)
    spread = np.where(spread > 1e-6 * np.abs(mean), spread, 1.0)  # a constant feature spreads by rounding alone
    x, x_validation = (((features - mean) / spread).astype(train[0].dtype) for features, _ in (train, validation))
    model = LogisticRegression(C=STRENGTHS[0], max_iter=300, warm_start=True, class_weight="balanced" if balanced else None)
    best: tuple[float, Probe] | None = None
    for strength in STRENGTHS:
        with warnings.catch_warnings():  # a path stopped at 300 steps is still a candidate, judged on the validation photos
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.set_params(C=strength).fit(x, train[1])
        loss = log_loss(validation[1], model.predict_proba(x_validation), labels=np.arange(classes))
        if best is None or loss < best[0]:
            accuracy = float(np.mean(model.predict(x_validation) == validation[1]))
            best = loss, Probe(*_fold(model.coef_, model.intercept_, mean, spread, single), strength, accuracy)
        elif loss > 1.1 * best[0]:
            break  # the path is past its best; weaker regularisation only costs time
    assert best is not None
    return best[1]


def _fold(coef: np.ndarray, intercept: np.ndarray, mean: np.ndarray, spread: np.ndarray, single: bool) -> tuple[np.ndarray, np.ndarray]:
    """Standardisation folded into the weights: w·(x − μ)/σ + b = (w/σ)·x + (b − w·μ/σ).

    For two classes scikit-learn has one row of coefficients, the log odds of the second class; softmax gets it as ±half.
    """
    kernel, bias = (coef / spread).T, intercept - (coef / spread) @ mean
    if kernel.shape[1] == 1 and not single:
        kernel, bias = np.hstack([-kernel / 2, kernel / 2]), np.concatenate([-bias / 2, bias / 2])
    return kernel.astype("float32"), bias.astype("float32")

"""How sure a measured number is, and the difference of two on the same photos."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

RESAMPLES = 1000  # of the photos, for an interval


def wilson(hits: int, n: int) -> list[float]:
    """Wilson's 95 % interval of a proportion (Wilson 1927)."""
    from scipy.stats import binomtest  # here, because scipy is slow to load and most commands do without

    interval = binomtest(hits, n).proportion_ci(confidence_level=0.95, method="wilson")
    return [float(interval.low), float(interval.high)]


def wilson_bounds(rate: Any, n: Any, z: float) -> tuple[Any, Any]:
    """Wilson's interval of a ``rate`` at ``z`` standard errors, from and to, where ``n`` need not be whole: a number, or arrays of both."""
    import numpy as np

    middle, half = rate + z**2 / (2 * n), z * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


def mcnemar(lost: int, won: int) -> float:
    """McNemar's exact test: how likely so lopsided a set of answers is if two models were equally good (McNemar 1947).

    Args:
        lost, won: photos that only the first model, or only the second, gets right.
    """
    from scipy.stats import binomtest

    return float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0


def mean_of(values: "np.ndarray") -> float:
    """The mean of the numbers among ``values``; 0 where there are none."""
    import numpy as np

    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else 0.0


def resampled(n: int, seed: int = 0, samples: int = RESAMPLES) -> "np.ndarray":
    """How often each of ``n`` photos is drawn in ``samples`` with replacement, float64 [samples, n] (Efron 1979, the bootstrap)."""
    import numpy as np

    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), samples).astype(np.float64)


def once_and_resampled(n: int) -> "np.ndarray":
    """Each of ``n`` photos once, and below that as they are ``resampled``, float64 [1 + b, n]."""
    import numpy as np

    return np.concatenate([np.ones((1, n)), resampled(n)])


def percentiles(values: "np.ndarray") -> list[float]:
    """The middle 95 % of ``values``."""
    import numpy as np

    low, high = np.quantile(values, (0.025, 0.975))
    return [float(low), float(high)]

"""How sure a measured proportion is, and the difference of two on the same photos."""


def wilson(hits: int, n: int) -> list[float]:
    """Wilson's 95 % interval of a proportion (Wilson 1927)."""
    from scipy.stats import binomtest  # here, because scipy is slow to load and most commands do without

    interval = binomtest(hits, n).proportion_ci(confidence_level=0.95, method="wilson")
    return [float(interval.low), float(interval.high)]


def mcnemar(lost: int, won: int) -> float:
    """McNemar's exact test: how likely so lopsided a set of answers is if two models were equally good (McNemar 1947).

    Args:
        lost, won: photos that only the first model, or only the second, gets right.
    """
    from scipy.stats import binomtest

    return float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0

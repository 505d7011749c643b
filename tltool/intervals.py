"""How sure a measured proportion is."""


def wilson(hits: int, n: int) -> list[float]:
    """Wilson's 95 % interval of a proportion (Wilson 1927)."""
    from scipy.stats import binomtest  # here, because scipy is slow to load and most commands do without

    interval = binomtest(hits, n).proportion_ci(confidence_level=0.95, method="wilson")
    return [float(interval.low), float(interval.high)]

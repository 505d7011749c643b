"""Two thumbnails laid over one another: as they lie, or one of them mirrored and cut to the window that fits the other best."""

import numpy as np

Described = tuple[np.ndarray, np.ndarray, np.ndarray]  # unit vectors [n, 32·32·c], slopes of length 1 [n, 1984], spread [n]
SIDE = 32
COLOURS = 0.95  # least correlation of the colours
LOOSELY = 0.7  # least correlation of colours and of slopes that two shots of one thing have, as they lie
SLOPES = 0.96  # least correlation of the slopes: the differences of neighbouring grey levels, down and across
LEVELS = 7.0  # most grey levels (root mean square) that are left between two thumbnails of equal brightness and contrast
BLANK = 2.0  # grey levels of spread below which a thumbnail is noise, and correlates with nothing
SHARES = (1.0, 0.92, 0.84, 0.76)  # of the side, that a window has before its edges are moved
PLACES = 4  # where a window lies then, along each side
PROMISE = 0.95  # least correlation of two 8×8 sketches worth a closer look
STEPS = ((0.8, 0.6, 24.0), (0.4, 0.75, 16.0), (0.4, 0.82, 12.0), (0.2, 0.88, 10.0))  # pixels; least slopes, most levels to go on
MOVES = np.array([sign * np.array(edges) for edges in (*np.eye(4), (1, 1, 0, 0), (0, 0, 1, 1)) for sign in (1, -1)], dtype=np.float32)


def compare(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """How alike thumbnails uint8 [n, 32, 32, 3] are as they lie, or one mirrored: float32 [n], 0 for pairs that are not alike."""
    return np.maximum(*(_verdict(*agreement) for agreement in _both_ways(ours, theirs)))


def compare_loosely(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """``compare`` for those that something else already takes for alike: the lesser of the two correlations, 0 below ``LOOSELY``."""
    least = np.maximum(*(np.minimum(colours, slopes) for colours, slopes, _ in _both_ways(ours, theirs)))
    return np.where(least >= LOOSELY, np.minimum(least, 1), 0).astype("float32")


def search(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """``compare`` over the windows of either in the other: float32 [n], 0 for pairs that are not alike."""
    best, strips = np.zeros(len(ours), np.float32), _strips()
    for whole, cut in ((ours, theirs), (theirs, ours)):
        views = _views(_grey(cut), strips)
        for target in (whole, whole[:, :, ::-1]):
            boxes, correlation = _nearest_windows(views, _views(_grey(target), strips[:1])[:, 0], strips)
            some = np.flatnonzero((correlation >= PROMISE) & (best == 0))
            best[some] = _refined(cut[some], target[some], boxes[some])
    return best


def sketch(photos: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What to propose by: an orthonormal projection of the unit vectors that ``compare`` correlates, and how far others may be from it.

    Returns:
        Sums over blocks and colours, float32 [n, 8, 8]; and 1 − c [n], where c is the correlation that a photo must have with another
        for at most ``LEVELS`` to be left between them, ``COLOURS`` at least.
    """
    (units, _, spread), step = _described(_soft(photos)), SIDE // 8
    sums = units.reshape(len(photos), 8, step, 8, step, 3).sum(axis=(2, 4, 5)) / np.float32(np.sqrt(step * step * 3))
    return sums, 1 - np.maximum(COLOURS, np.sqrt(np.maximum(1 - (LEVELS / np.maximum(spread, LEVELS)) ** 2, 0)))


def _grey(photos: np.ndarray) -> np.ndarray:
    return (photos[..., 0].astype("float32") + photos[..., 1] + photos[..., 2]) / 3


def _blur() -> np.ndarray:
    """Binomial weights ¼ ½ ¼, edges repeated: [32, 32]."""
    padded = np.pad(np.eye(SIDE, dtype=np.float32), ((1, 1), (0, 0)), mode="edge")
    return (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4


def _soft(photos: np.ndarray) -> np.ndarray:
    return _resized(photos, _blur(), _blur())


def _resized(photos: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """rows @ photo @ columnsᵀ for photos [n, 32, 32] or, colour by colour, [n, 32, 32, 3]."""
    n = len(photos)
    if photos.ndim == 3:
        return rows @ photos @ np.swapaxes(columns, -1, -2)
    across = rows @ photos.reshape(n, SIDE, SIDE * 3).astype("float32")
    down = across.reshape(n, SIDE, SIDE, 3).transpose(0, 2, 1, 3).reshape(n, SIDE, SIDE * 3)
    return (columns @ down).reshape(n, SIDE, SIDE, 3).transpose(0, 2, 1, 3)


def _described(soft: np.ndarray) -> Described:
    n, size = len(soft), int(np.prod(soft.shape[1:]))
    units = soft.reshape(n, size)
    units = units - units.mean(axis=1, keepdims=True)
    spread = np.sqrt(np.einsum("nd,nd->n", units, units) / size)
    units *= np.where(spread >= BLANK, 1 / np.maximum(spread * np.sqrt(size), 1e-6), 0).astype("float32")[:, None]
    grey = units.reshape(soft.shape) if soft.ndim == 3 else _grey(units.reshape(soft.shape))
    slopes = np.concatenate([np.diff(grey, axis=axis).reshape(n, SIDE * (SIDE - 1)) for axis in (1, 2)], axis=1)
    slopes /= np.maximum(np.sqrt(np.einsum("nd,nd->n", slopes, slopes)), 1e-9)[:, None]
    return units, slopes, spread


def _agreement(ours: Described, theirs: Described) -> tuple[np.ndarray, ...]:
    """Correlation of colours and of slopes, and the difference in grey levels: three times [n]."""
    colours, slopes = (np.einsum("nd,nd->n", ours[part], theirs[part]) for part in (0, 1))
    return colours, slopes, np.maximum(ours[2], theirs[2]) * np.sqrt(np.maximum(1 - colours**2, 0))  # the residual of a straight line


def _both_ways(ours: np.ndarray, theirs: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    described = _described(_soft(theirs))
    return [_agreement(_described(_soft(photos)), described) for photos in (ours, ours[:, :, ::-1])]


def _verdict(colours: np.ndarray, slopes: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return np.where((colours >= COLOURS) & (slopes >= SLOPES) & (levels <= LEVELS), np.minimum(colours, 1), 0).astype("float32")


def _strips() -> np.ndarray:
    """Every 1-D window as (start, end) in pixels, the whole first: float32 [k, 2]. A window is one down and one across."""
    return np.array(
        [(place, place + share * SIDE) for share in SHARES for place in np.linspace(0, SIDE * (1 - share), PLACES if share < 1 else 1)],
        dtype=np.float32,
    )


def _resampling(strips: np.ndarray, size: int) -> np.ndarray:
    """Weights that resize windows (start, end) [..., 2] of a line of ``SIDE`` pixels to ``size``, antialiased: [..., size, SIDE]."""
    step = (strips[..., 1] - strips[..., 0])[..., None] / np.float32(size)
    centres = strips[..., :1] + step * (np.arange(size, dtype=np.float32) + np.float32(0.5))
    apart = np.abs(np.arange(SIDE, dtype=np.float32) + np.float32(0.5) - centres[..., None])
    weights = np.maximum(0, 1 - apart / np.maximum(step, 1)[..., None])
    return weights / weights.sum(axis=-1, keepdims=True)


def _views(grey: np.ndarray, strips: np.ndarray) -> np.ndarray:
    """Every window of photos [n, 32, 32] as 8×8 values of mean 0 and length 1, [n, k·k, 64]: all by two products with one matrix."""
    resize, k = _resampling(strips, 8).reshape(-1, SIDE), len(strips)
    views = (resize @ grey @ resize.T).reshape(len(grey), k, 8, k, 8).transpose(0, 1, 3, 2, 4).reshape(len(grey), k * k, 64)
    views -= views.mean(axis=-1, keepdims=True)
    views /= np.maximum(np.sqrt(np.einsum("nkd,nkd->nk", views, views)), BLANK)[:, :, None]
    return views


def _nearest_windows(views: np.ndarray, aims: np.ndarray, strips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The window that correlates best with its aim [n, 64]: boxes (top, bottom, left, right) [n, 4], and the correlation [n]."""
    correlation = (views @ aims[:, :, None])[:, :, 0]
    best = correlation.argmax(axis=1)
    boxes = np.concatenate([strips[best // len(strips)], strips[best % len(strips)]], axis=1)
    return boxes, correlation[np.arange(len(best)), best]


def _refined(cut: np.ndarray, targets: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Move the edges of each box to where it fits best, in grey and as long as there is hope; then judge it in colour."""
    verdict, alive = np.zeros(len(cut), np.float32), np.arange(len(cut))
    greys, aim = _grey(cut), _described(_soft(_grey(targets)))
    agreement = _agreement(_described(_cut(greys, boxes)), aim)
    for step, least, most in STEPS:
        some = np.flatnonzero((agreement[1] >= least) & (agreement[2] <= most))
        alive, greys, boxes = alive[some], greys[some], boxes[some]
        aim, agreement = (aim[0][some], aim[1][some], aim[2][some]), tuple(part[some] for part in agreement)
        for move in MOVES if len(some) else ():
            trial = np.clip(boxes + np.float32(step) * move, 0, SIDE)
            new = _agreement(_described(_cut(greys, trial)), aim)
            better = new[0] + new[1] > agreement[0] + agreement[1]
            boxes = np.where(better[:, None], trial, boxes)
            agreement = tuple(np.where(better, *parts) for parts in zip(new, agreement, strict=True))
    verdict[alive] = _verdict(*_agreement(_described(_cut(cut[alive], boxes)), _described(_soft(targets[alive]))))
    return verdict


def _cut(photos: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """A window of each photo, resized to 32×32 and blurred."""
    return _resized(photos, *(_blur() @ _resampling(edges, SIDE) for edges in (boxes[:, :2], boxes[:, 2:])))

"""``Spreads``: how widely activations and gradients spread by depth in stacks that differ in their initializer alone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from tltool.progress import Table, table

FAR = 100.0  # times narrower or wider from one end of the stack to the other
NEAR = 3.0


@dataclass(frozen=True)
class Spread:
    """One initializer: standard deviations by depth.

    Attributes:
        initializer: as typed.
        activations: of what each block puts out, in order.
        gradients: of the loss by what each block puts out, in the same order.
    """

    initializer: str
    activations: tuple[float, ...]
    gradients: tuple[float, ...]

    @property
    def backward(self) -> float:
        """How many times wider the gradient is at the first block than at the last."""
        return _times(self.gradients[0], self.gradients[-1])


@dataclass(frozen=True)
class Spreads:
    """Every initializer that was tried, the chosen one first.

    Attributes:
        stack: in words.
        photos: how many were looked at.
        scaled: standard deviation of the pixels as they reach the first convolution.
        batch_norm: whether a block of the stack has it.
        seed: of the photos and the kernels.
    """

    stack: str
    photos: int
    scaled: float
    batch_norm: bool
    seed: int
    found: tuple[Spread, ...]
    drawing: Path | None = None

    def said(self) -> Iterable[Table | str]:
        blocks = len(self.found[0].activations)
        shown = _ends(blocks)
        names = [f"block {number + 1}" for number in shown]
        for title, what in (("Standard deviation of activations", "activations"), ("Standard deviation of gradients", "gradients")):
            rows = [
                (spread.initializer, *(_short(getattr(spread, what)[i]) for i in shown), self.verdict(spread, what))
                for spread in self.found
            ]
            yield table(f"{title}: {self.stack}, {self.photos} photos, seed {self.seed}", ("initializer", *names, "so it"), rows)
        yield from self._sentences()
        yield (
            f"Vanishes, explodes: {FAR:g} times narrower or wider from one end to the other; fades, grows: {NEAR:g} times. Pixels enter "
            f"with {self.scaled:.2g}."
        )
        yield f"Drawn: {self.drawing}" if self.drawing else "Draw it with --plot FILE.png."

    def records(self) -> Iterable[dict[str, Any]]:
        for spread in self.found:
            yield {
                "initializer": spread.initializer,
                "seed": self.seed,
                "photos": self.photos,
                "pixels": self.scaled,
                "activations": list(map(_plain, spread.activations)),
                "gradients": list(map(_plain, spread.gradients)),
                "activations_verdict": self.verdict(spread, "activations"),
                "gradients_verdict": self.verdict(spread, "gradients"),
            }

    def verdict(self, spread: Spread, what: str) -> str:
        """Forward, the last block's activations are held against the pixels; back, the first block's gradient against the last one's."""
        if what == "activations":
            return judged(_times(spread.activations[-1], self.scaled), spread.activations)
        return judged(spread.backward, spread.gradients)

    def named(self, verdict: str, what: str) -> list[str]:
        """The initializers with one verdict."""
        return [spread.initializer for spread in self.found if self.verdict(spread, what) == verdict]

    def _sentences(self) -> Iterator[str]:
        for what, way in (("activations", "On the way forward"), ("gradients", "On the way back")):
            for word in ("vanish", "explode"):
                if names := self.named(f"{word}es" if word == "vanish" else f"{word}s", what):
                    yield f"{way}, {what} {word} with {', '.join(names)}."
        steady = [name for name in self.named("keeps its width", "activations") if name in self.named("keeps its width", "gradients")]
        if steady:
            yield f"Both keep their width with {', '.join(steady)}."
        if self.batch_norm:
            yield "Batch norm widens or narrows every block's output again and hides most of this: --no-batch-norm shows it without."


def judged(ratio: float, values: Sequence[float]) -> str:
    """What a spread that is ``ratio`` times as wide at the far end amounts to."""
    if not all(map(isfinite, values)) or ratio >= FAR:
        return "explodes"
    if ratio <= 1 / FAR:
        return "vanishes"
    if ratio > NEAR:
        return "grows"
    return "fades" if ratio < 1 / NEAR else "keeps its width"


def _times(after: float, before: float) -> float:
    if not (isfinite(after) and isfinite(before)):
        return float("inf")
    return after / before if before else 0.0


def _ends(blocks: int, most: int = 6) -> list[int]:
    """Every block, or of many a few from the first to the last."""
    return list(range(blocks)) if blocks <= most else sorted({round(i * (blocks - 1) / (most - 1)) for i in range(most)})


def _short(value: float) -> str:
    return f"{value:.2g}" if isfinite(value) else "too large"


def _plain(value: float) -> float | None:
    return value if isfinite(value) else None

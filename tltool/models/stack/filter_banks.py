"""Filters that people designed before networks learned theirs: the fixed first layer of a stack. Plain numbers, no Keras.

A bank is applied to every channel of the photo on its own, so that colour is kept: c channels and k filters give c·k maps, channel by
channel. Like every convolution of Keras it is a correlation: the kernel is laid on the photo as it is printed, not flipped. Beyond the
border the photo's edge is repeated, so that a plain photo gives no edges there either.

Sources:
    edges: the eight-neighbour Laplacian, and detectors of lines at 0°, 45°, 90° and 135° (counter-clockwise from the horizontal); Gonzalez
        and Woods, *Digital Image Processing*, the chapter on segmentation. Divided by 8 and by 6, the sum of their positive cells.
    sobel: Sobel and Feldman 1968, as printed in Duda and Hart 1973: horizontal and vertical gradient, divided by 4 likewise.
    gabor: Daugman 1985, J. Opt. Soc. Am. A 2(7): exp(−(x′² + γ²y′²) / 2σ²)·cos(2πx′/λ + ψ) with x′ = x·cos θ + y·sin θ and
        y′ = −x·sin θ + y·cos θ, x to the right and y down. Side 7, λ = 4, σ = 2, γ = 0.5; lines at 0°, 45°, 90° and 135° (θ = 90°, 45°,
        0°, 135°), each with ψ = 0 (a line) and ψ = 90° (an edge). The mean is taken off, so that a plain photo gives nothing, and the
        positive cells sum to 1.
    blur: the binomial kernels of side 3 and 5, rows of Pascal's triangle times themselves; that of side 5 is the one with a = 3/8 among the
        kernels of Burt and Adelson 1983, IEEE Transactions on Communications 31(4). Sum 1.
    sharpen: the photo less its four- and its eight-neighbour Laplacian; Gonzalez and Woods, the chapter on spatial filtering. Sum 1.

Kernels of a bank have one side; smaller ones stand in the middle of zeros.
"""

import math

Kernel = list[list[float]]  # rows of cells


def bank(name: str) -> list[Kernel]:
    """The kernels of a bank: ``edges`` (5 of side 3), ``sobel`` (2 of side 3), ``gabor`` (8 of side 7), ``blur`` (2 of side 5) or
    ``sharpen`` (2 of side 3)."""
    return BANKS[name]


def _scaled(kernel: list[list[int]], divisor: int) -> Kernel:
    return [[cell / divisor for cell in row] for row in kernel]


def _binomial(row: list[int], side: int) -> Kernel:
    border = [0] * ((side - len(row)) // 2)
    row = [*border, *row, *border]
    return [[a * b / sum(row) ** 2 for b in row] for a in row]


def _gabor(theta: float, phase: float, side: int = 7, wavelength: float = 4.0, sigma: float = 2.0, aspect: float = 0.5) -> Kernel:
    cos, sin, cells = math.cos(math.radians(theta)), math.sin(math.radians(theta)), range(-(side // 2), side // 2 + 1)

    def at(x: int, y: int) -> float:
        along, across = x * cos + y * sin, -x * sin + y * cos
        envelope = math.exp(-(along**2 + aspect**2 * across**2) / (2 * sigma**2))
        return envelope * math.cos(2 * math.pi * along / wavelength + math.radians(phase))

    kernel = [[at(x, y) for x in cells] for y in cells]
    mean = sum(map(sum, kernel)) / side**2
    positive = sum(max(cell - mean, 0.0) for row in kernel for cell in row)
    return [[(cell - mean) / positive for cell in row] for row in kernel]


LINES = {0: 90, 45: 45, 90: 0, 135: 135}  # a line's angle → θ, the direction across it with y down
BANKS: dict[str, list[Kernel]] = {
    "edges": [
        _scaled([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], 8),
        _scaled([[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], 6),
        _scaled([[-1, -1, 2], [-1, 2, -1], [2, -1, -1]], 6),
        _scaled([[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]], 6),
        _scaled([[2, -1, -1], [-1, 2, -1], [-1, -1, 2]], 6),
    ],
    "sobel": [_scaled([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], 4), _scaled([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], 4)],
    "gabor": [_gabor(theta, phase) for theta in LINES.values() for phase in (0, 90)],
    "blur": [_binomial([1, 2, 1], 5), _binomial([1, 4, 6, 4, 1], 5)],
    "sharpen": [_scaled([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], 1), _scaled([[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]], 1)],
}

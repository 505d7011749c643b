"""The picture of the house, drawn from the imports: every room on its floor, larger for more lines. ``python docs/house.py`` writes
``docs/house.svg``; ``tests/test_architecture.py`` holds the picture and the floors of CONTRIBUTING.md to the code.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLOORS = (  # from the roof down
    "cli",
    "recipes",
    "options",
    "tasks",
    "pages",
    "benchmarking",
    "exports",
    "figures",
    "inspection",
    "evaluation",
    "training",
    "models",
    "runtimes",
    "checks",
    "data",
    "tracking",
    "runs",
    "environment",
    "foundation",
)
WIDTH, HEIGHT, LEFT, GAP, FIRST = 1060, 30, 110, 5, 34
LETTER, PER_LINE = 6.4, 0.15  # pixels
COLOURS = ("#dcebf7", "#e8f1e4")  # floors take turns


def room_of(file: Path) -> str:
    """``tltool/data/cache/rows.py`` → ``data/cache``; modules right in ``tltool/`` and the specs are the foundation."""
    parts = file.relative_to(ROOT).parts
    if parts[0] == "recipes":
        return "recipes"
    inner = parts[1:-1]
    return "/".join(inner) if inner and inner[0] != "specs" else "foundation"


def sources() -> list[Path]:
    """Every file of the house, in order."""
    return [*sorted((ROOT / "tltool").rglob("*.py")), *sorted((ROOT / "recipes").glob("*.py"))]


def rooms() -> dict[str, int]:
    """Every room and the lines in it, to the hundred: the picture changes when the house does."""
    lines: dict[str, int] = {}
    for file in sources():
        if file.name != "__main__.py":
            lines[room_of(file)] = lines.get(room_of(file), 0) + len(file.read_text(encoding="utf-8").splitlines())
    return {room: max(round(count, -2), 100) for room, count in lines.items()}


def uses() -> set[tuple[str, str]]:
    """Which room imports from which other, at run time or within a function."""
    found = set()
    for file in sources():
        if file.name != "__init__.py":
            for module in _imported(ast.parse(file.read_text(encoding="utf-8"))):
                target = ROOT / Path(*module.split("."))
                place = target / "__init__.py" if target.is_dir() else target.with_suffix(".py")
                if place.is_file() and room_of(place) != room_of(file):
                    found.add((room_of(file), room_of(place)))
    return found


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("tltool"):
            for alias in node.names:
                inner = ROOT / Path(*f"{node.module}.{alias.name}".split("."))
                yield f"{node.module}.{alias.name}" if inner.is_dir() or inner.with_suffix(".py").is_file() else str(node.module)


def draw() -> str:
    """The picture as SVG: floors from the roof down, each room as wide as its lines or its name; pointed at, it says what it
    stands on."""
    lines, below = rooms(), uses()
    boxes = []
    for level, floor in enumerate(FLOORS):
        inside = [room for room in sorted(lines) if room.partition("/")[0] == floor]
        left = float(LEFT)
        top = FIRST + level * (HEIGHT + GAP)
        boxes.append(f'<text x="{LEFT - 10}" y="{top + 20}" text-anchor="end" font-weight="bold">{floor}</text>')
        for room in inside:
            stands_on = ", ".join(sorted(target for source, target in below if source == room))
            name = room.partition("/")[2] or ("" if len(inside) == 1 else "·")
            width = max(lines[room] * PER_LINE, LETTER * len(name) + 8)
            boxes += [
                f"<g><title>{room}: {lines[room]} lines; stands on {stands_on or 'nothing'}</title>",
                f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{HEIGHT}" rx="3" fill="{COLOURS[level % 2]}" stroke="#89a"/>',
                f'<text x="{left + width / 2:.1f}" y="{top + 20}" text-anchor="middle">{name}</text></g>',
            ]
            left += width + GAP
    height = FIRST + len(FLOORS) * (HEIGHT + GAP)
    box = f'viewBox="0 0 {WIDTH + 20} {height}" font-family="sans-serif" font-size="11" fill="#223"'
    title = f'<text x="{LEFT}" y="20">Imports only go down. A room is as wide as its lines.</text>'
    paper = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {box}>', paper, title, *boxes, "</svg>\n"])


if __name__ == "__main__":
    (ROOT / "docs" / "house.svg").write_text(draw(), encoding="utf-8")

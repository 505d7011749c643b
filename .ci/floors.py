"""The lowest versions that setup.cfg allows, as constraints for pip: ``python .ci/floors.py > floors.txt``."""

import configparser
import re
from pathlib import Path

FLOOR = re.compile(r"([\w-]+)(?:\[[\w,-]+\])?>=([\d.]+)")


def find_floors(setup: Path) -> dict[str, str]:
    """The floor of every requirement in ``setup``, those of extras too, by the name of its package."""
    config = configparser.ConfigParser()
    config.read(setup, encoding="utf-8")
    listed = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    return dict(found.groups() for line in "\n".join(listed).splitlines() if (found := FLOOR.match(line.strip())))


if __name__ == "__main__":
    print(*(f"{name}=={floor}" for name, floor in find_floors(Path(__file__).parents[1] / "setup.cfg").items()), sep="\n")

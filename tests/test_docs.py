"""The docs are a whole: every page has its place, every link leads somewhere, and nothing is fetched from elsewhere."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAV = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("nav:")[2]


def test_every_page_has_its_place_once() -> None:
    listed = re.findall(r"([\w-]+\.md)$", NAV, re.MULTILINE)
    assert sorted(listed) == sorted(page.name for page in (ROOT / "docs").glob("*.md"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly, so that a dead link is an error."""
    place = tmp_path_factory.mktemp("docs")
    shutil.copyfile(ROOT / "mkdocs.yml", place / "mkdocs.yml")
    shutil.copytree(ROOT / "docs", place / "docs")
    done = subprocess.run([Path(sys.executable).with_name("zensical"), "build", "--strict"], cwd=place, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return place / "build" / "site"


def test_the_site_is_built_without_a_warning(built: Path) -> None:
    pages = {page.stem for page in built.glob("*.html")}
    assert {"index", "classify", "report", "agents"} <= pages


def test_pages_of_the_site_load_nothing_from_elsewhere(built: Path) -> None:
    for page in built.glob("*.html"):
        loaded = re.findall(r'<(?:script|img|link)[^>]*(?:src|href)="?(https?://[^">\s]+)', page.read_text(encoding="utf-8"))
        assert not loaded, f"{page.name} loads {loaded}"


def test_a_dead_link_is_an_error(tmp_path: Path) -> None:
    shutil.copyfile(ROOT / "mkdocs.yml", tmp_path / "mkdocs.yml")
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    (tmp_path / "docs" / "report.md").write_text("[gone](gone.md)")
    done = subprocess.run([Path(sys.executable).with_name("zensical"), "build", "--strict"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0

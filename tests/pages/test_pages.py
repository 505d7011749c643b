"""The page of a run: whole in itself, escaped, bounded, told in words, and true to the run's files, whatever the task."""

import hashlib
import html.parser
import json
import os
import re
from pathlib import Path

import numpy as np
import pandas
import pytest
from answered import CLASSES, LABELS, answering, with_errors, write_split
from check_located import TRUTHS
from located import located
from PIL import Image

from tltool import Photos, RunError
from tltool.data.predictions import predictions_table, write_predictions
from tltool.data.samples import COLUMNS, Samples
from tltool.evaluation.report import report_on
from tltool.pages.facts import gather
from tltool.pages.writing import write_page
from tltool.runs import Run
from tltool.task import task_named

HOSTILE = ["<img src=x onerror=alert(1)>", "a|b`c` [x](http://evil.example) @all {{ 7*7 }}", '"><script>alert(2)</script>']
VOID = {"meta", "img", "line", "polyline", "circle", "br"}


class Elements(html.parser.HTMLParser):
    """Every element with its attributes, all text, and the elements that are open at each."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.unclosed = "", list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.unclosed.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.unclosed.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def told(run: Run, with_photos: bool = True, max_mb: float = 8.0) -> tuple[Elements, str]:
    """The page of ``run`` as elements, and its Markdown."""
    written = write_page(gather(run), run.path, with_photos, max_mb)
    return Elements(written.html.read_text(encoding="utf-8")), written.markdown.read_text(encoding="utf-8")


def draw_photos(folder: Path, names: list[str] | None = None) -> list[str]:
    folder.mkdir()
    names = names or [f"{i}.png" for i in range(len(LABELS))]
    for i, name in enumerate(names):
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (40, 30, 3), dtype=np.uint8)).save(folder / name, "PNG")
    return [str(folder / name) for name in names]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Sixty drawn photos of three classes, of which twelve are answered wrong."""
    return answering(tmp_path / "run", with_errors(*range(12)), paths=draw_photos(tmp_path / "photos"))


def require_sound(page: Elements) -> None:
    """It needs nothing but itself, runs nothing, and can be found one's way in without eyes."""
    assert page.unclosed == []
    for tag, attributes in page.found:
        assert tag not in ("script", "iframe", "object", "embed", "form", "link", "base")
        assert not [name for name in attributes if name.startswith("on")]
        assert "src" not in attributes or str(attributes["src"]).startswith("data:image/jpeg;base64,")
        assert "href" not in attributes or str(attributes["href"]).startswith(("#", "file:///"))
        assert tag != "th" or attributes.get("scope") in ("col", "row")
        assert tag != "img" or attributes["alt"]
        assert tag != "svg" or attributes.get("aria-hidden") or attributes["aria-label"]
    ids = [str(attributes["id"]) for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {str(link["href"])[1:] for link in page.all("a") if str(link["href"]).startswith("#")} <= set(ids)
    levels = [int(tag[1]) for tag, _ in page.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1 and max(np.diff(levels)) <= 1
    assert len(page.all("caption")) == len(page.all("table"))


def test_the_number_is_told_in_words_beside_what_guessing_reaches(run: Run) -> None:
    page, markdown = told(run)
    require_sound(page)
    for text in (page.text, markdown):
        assert "Accuracy 0.800 (95 % interval 0.682–0.882) on 60 test photos; always naming the largest class would reach 0.333." in text
        assert "Measure on more photos." in text and "tltool export" in text
    assert "0.800" in page.text and "default-src 'none'" in str(page.all("meta"))


def test_more_numbers_than_the_report_has_are_worked_out_from_the_answers(run: Run) -> None:
    page, markdown = told(run)
    for text in (page.text, re.sub(r"[|\\s]+", " ", markdown)):
        for told_of in ("balanced accuracy", "weighted F1", "macro AUC", "calibration error", "interval of recall"):
            assert told_of in text
    assert "| balanced accuracy | 0.800 | 0.333 | 0.333 |" in markdown
    assert "| hat | 20 | 0.80 | 0.80 | 0.80 | 0.58–0.92 | 0.58–0.92 | 0.850 | 0.707 |" in markdown
    titles = re.findall(r"<h4>(.*?)</h4>", (run.path / "report.html").read_text())
    assert titles == ["ROC", "Precision over recall", "Reliability, as the model is"]


@pytest.mark.parametrize("foreign", ["nan", "-0.5", "1e300", "inf"])
def test_answers_that_are_no_probabilities_leave_the_numbers_of_the_report(run: Run, foreign: str) -> None:
    file = run.path / "predictions.csv"
    file.write_text(re.sub(r'"0\.\d+"', f'"{foreign}"', file.read_text(), count=1))
    page, markdown = told(run)
    require_sound(page)
    assert "| hat | 20 | 0.80 | 0.80 | 0.80 |\n" in markdown and "AUC" not in page.text


def test_every_cell_of_the_matrix_leads_to_its_photos(run: Run) -> None:
    page, _ = told(run)
    cells = {str(link["href"]): str(link["aria-label"]) for link in page.all("a") if "aria-label" in link}
    assert cells["#cell-0-1"] == "4: hat, answered shoes" and cells["#cell-2-2"] == "16: tie, answered right" and len(cells) == 6
    assert [text.split(":")[0] for text in cells.values()].count("4") == 3
    before, _, after = (run.path / "report.html").read_text().partition('<div id="cell-0-1"')
    assert before.rpartition("<summary>")[2].startswith("hat, answered shoes")
    there = after.partition("</details>")[0]
    assert re.findall(r'alt="(\d+)\.png: hat, answered shoes"', there) == ["0", "3", "6", "9"]


def test_hostile_names_become_text_and_nothing_else(tmp_path: Path) -> None:
    paths = draw_photos(tmp_path / "photos", [f"{i}\x07 <b>&\u202e.png" for i in range(60)])
    run = Run.create(tmp_path / "<i>run", "finetune", {}, classes=HOSTILE, size=96, fit="crop", task="classify", device="<u>cpu")
    table = pandas.DataFrame(
        [(path, "", HOSTILE[LABELS[i]], "", "test") for i, path in enumerate(paths)], columns=list(COLUMNS), dtype=object
    )
    predictions = predictions_table(Samples(table, HOSTILE), with_errors(*range(12)).astype("float32"), {})
    (run.path / "model.keras").write_bytes(b"1234")
    write_predictions(predictions, run.path / "predictions.csv")
    write_split(run, [(path, "", HOSTILE[LABELS[i]], "", "test") for i, path in enumerate(paths)])
    (run.path / "history.csv").write_text("phase,epoch,loss,accuracy,val_loss,val_accuracy\n<s>x,1,1,1,1,1\n<s>x,2,1,1,1,1\n")
    (run.path / "exports").mkdir()
    (run.path / "exports" / "parity.json").write_text(json.dumps({"<b>.tflite": {"n": "<i>", "split": "<q>", "drop": 1, "agreement": "x"}}))
    run.finish(report_on(predictions, HOSTILE, "test").report, kept="<s>x")
    page, markdown = told(run)
    require_sound(page)
    assert not {tag for tag, _ in page.found} & {"b ", "u", "i", "s", "q"}
    assert all(name in page.text for name in HOSTILE)
    assert "\x07" not in page.text + markdown and "\u202e" not in page.text + markdown and r"\x07 <b>&\u202e.png" in page.text
    in_code = re.sub(r"(`+).*?\1", "", markdown)
    assert not re.search(r"(?<!\\)<(?!!--|details|/details|summary|/summary)|(?<!\\)\[|@all|http://", in_code)
    for grid in re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in grid.splitlines()}) == 1, "a name has added a cell"


def test_photos_that_are_gone_or_have_changed_are_marked_and_numbers_stay(run: Run, tmp_path: Path) -> None:
    paths = [str(tmp_path / "photos" / f"{i}.png") for i in range(60)]
    write_split(
        run, [(path, hashlib.sha256(Path(path).read_bytes()).hexdigest(), CLASSES[LABELS[i]], "", "test") for i, path in enumerate(paths)]
    )
    os.remove(paths[0])
    Image.new("RGB", (9, 9)).save(paths[1])
    Path(paths[2]).write_bytes(b"no photo")
    page, markdown = told(run)
    require_sound(page)
    assert page.text.count("no longer there") >= 1 and page.text.count("changed since") >= 2
    assert "Accuracy 0.800" in page.text
    assert re.search(r"3 photos of \d\d drawn here are not as when the run was measured, and marked", page.text)
    assert "`0.png` hat, answered shoes, ahead by 0.80 (no longer there)" in markdown


def test_photos_can_be_left_out_and_their_names_stay(run: Run) -> None:
    page, _ = told(run, with_photos=False)
    require_sound(page)
    assert page.all("img") == [] and "It shows no photos (--no-photos)." in page.text and "0.png" in page.text


def test_a_page_is_no_larger_than_asked_and_says_what_that_cost(run: Run) -> None:
    sizes, pictures = [], []
    for most in (8.0, 0.3, 0.06):
        page, _ = told(run, max_mb=most)
        sizes.append((run.path / "report.html").stat().st_size)
        pictures.append(len(page.all("img")))
        assert sizes[-1] <= most * 1e6
        assert ("smaller and fewer" in page.text or "It shows no photos, so that" in page.text) == (most < 8)
    assert pictures[0] > pictures[1] > pictures[2] == 0 and sizes == sorted(sizes, reverse=True)


def test_an_unfinished_run_shows_what_there_is(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", "finetune", {"photos": Photos(data=tmp_path)}, classes=CLASSES, size=96, fit="crop", task="classify")
    page, markdown = told(run)
    require_sound(page)
    assert "nothing was measured" in page.text and f"tltool finetune --resume {run.path}" in page.text
    assert "nothing was measured" in markdown and "Data" not in re.findall("## (.*)", markdown)
    write_split(run, [(f"/photos/{i}.jpg", "", CLASSES[LABELS[i]], "", "train" if i % 2 else "test") for i in range(60)])
    (run.path / "history.csv").write_text("phase,epoch,loss,accuracy,val_loss,val_accuracy\nhead,1,,,,0.5\nfine-tuning,1,0.9,0.6,nan,0.7\n")
    page, markdown = told(run)
    require_sound(page)
    assert "Data" in re.findall("## (.*)", markdown) and f"tltool finetune --data {tmp_path}" in page.text
    assert "| all | 30 | 30 | 60 |" in markdown and "validation photos from 0.50 to 0.70" in str(page.all("svg"))


def test_several_labels_of_a_photo_are_told_too(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(0, 1, (60, 3))
    probabilities = np.clip((noise + 0.6 * np.eye(3)[LABELS]) / 1.6, 0, 1)
    run = answering(tmp_path / "run", probabilities, "multilabel", draw_photos(tmp_path / "photos"))
    page, markdown = told(run)
    require_sound(page)
    assert "Macro average precision" in page.text and "Wrong, the surest first" in page.text and "taken for what" not in page.text
    assert "Macro average precision" in markdown and page.all("img")


@pytest.mark.parametrize("task", TRUTHS)
def test_where_answers_lie_they_are_drawn_and_rated(task: str, tmp_path: Path) -> None:
    run = located(tmp_path, task)
    page, markdown = told(run)
    require_sound(page)
    assert task_named(task).pictures.KEY in page.text and "Worst answers" in page.text and len(page.all("img")) == 24
    assert task_named(task).measures.SCORE.name in page.text and "from 3.00 to 2.00" in str(page.all("svg"))
    best, worst = ([str(image["alt"]) for image in page.all("img")][place] for place in (-1, 0))
    assert "answer of 1.00" in best and "answer of 1.00" not in worst
    assert "How it learned" in markdown and "Best answers" in markdown


@pytest.mark.parametrize("gain, low, high", [(0.021, -0.004, 0.043), (0.021, 0.004, 0.043), (0.002, -0.01, 0.006)])
def test_what_more_photos_would_bring_is_drawn_told_and_advised(run: Run, gain: float, low: float, high: float) -> None:
    scores = [[0.7, 0.72], [0.75, 0.77], [0.8, 0.8], [0.82]]
    run.note(
        learning_curve={
            "photos": [400, 800, 1600, 3200],
            "scores": scores,
            "law": [0.05, 0.13, 0.4],
            "gain": gain,
            "gain_interval": [low, high],
        }
    )
    page, markdown = told(run)
    require_sound(page)
    for text in (page.text, markdown):
        assert "reaches a validation accuracy of 0.820 from 3,200 training photos" in text
        assert ("twice as many would likely bring 0.021 (−0.004 to 0.043)" in text) == (high > 0.01 and low < 0)
        assert ("Add training photos." in text) == (low > 0)
        assert ("if they are easily had: they may help." in text) == (high > 0.01 and low < 0)
        assert ("more photos of this kind would hardly help." in text) == (high < 0.01)
    assert "What more photos bring, validation accuracy over training photos" in str(page.all("svg")) and "6,000" in page.text
    assert "| 400 | 2 | 0.710 | 0.700 | 0.720 |" in markdown


def test_exports_are_told_and_one_that_loses_is_not_to_be_shipped(run: Run) -> None:
    exports = run.path / "exports"
    exports.mkdir()
    (exports / "model-int8.tflite").write_bytes(bytes(250_000))
    its = {"split": "validation", "n": 9, "agreement": 0.8, "exported_accuracy": 0.7, "exported_interval": [0.4, 0.9], "drop": 0.1}
    (exports / "parity.json").write_text(json.dumps({"model-int8.tflite": its, "other": 7}))
    (exports / "model_card.json").write_text(json.dumps({"origin": {"licence": {"licence": "Apache License"}}}))
    _, markdown = told(run)
    assert "| model-int8.tflite | 0.2 MB | 80.0% | 0.700 | 0.400–0.900 | 0.100 | – |" in markdown
    assert "| licence of the weights | Apache License |" in markdown
    assert "Do not ship model-int8.tflite as it is." in markdown and "Export it" not in markdown


def test_a_class_without_a_test_photo_and_a_run_on_signals_are_told(tmp_path: Path) -> None:
    labels = np.where(LABELS == 2, 0, LABELS)
    rows = [(f"signal {i}", "", CLASSES[label], "", "test") for i, label in enumerate(labels)]
    samples = Samples(pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object), CLASSES, kind="signal")
    predictions = predictions_table(samples, with_errors(0).astype("float32"), {})
    for kind in ("photo", "signal"):
        run = Run.create(tmp_path / kind, "signals", {}, classes=CLASSES, size=96, fit="crop", kind=kind)
        (run.path / "model.keras").write_bytes(b"1234")
        write_predictions(predictions, run.path / "predictions.csv")
        write_split(run, rows)
        page, markdown = told(run.finish(report_on(predictions, CLASSES, "test").report.with_fields(of=f"{kind}s")))
        require_sound(page)
        assert f"on 60 test {kind}s" in page.text and "| tie | 0 | 0.00 | 0.00 | 0.00 |" in markdown
        assert ("What is taken for what" in page.text) == ("tltool export" in page.text) == (kind == "photo")


def test_a_run_of_several_parts_names_them(tmp_path: Path) -> None:
    whole = Run.create(tmp_path / "whole", "compare", {}, classes=CLASSES)
    whole.note(state="finished")
    for part in ("dense", "stack"):
        (whole.path / part).mkdir()
        (whole.path / part / "model.keras").touch()
    with pytest.raises(RunError, match="Give one of the runs in it: dense, stack"):
        gather(whole)


def test_many_classes_have_no_matrix_and_many_lines_are_cut(tmp_path: Path) -> None:
    names = [f"class {i:02}" for i in range(40)]
    rows = [(f"/photos/{i}.jpg", "", name, "", "test") for i, name in enumerate(names)]
    samples = Samples(pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object), names)
    predictions = predictions_table(samples, np.roll(np.eye(40), 1, axis=1).astype("float32") * 0.5 + 0.01, {})
    run = Run.create(tmp_path / "run", "finetune", {}, classes=names, size=96, fit="crop")
    (run.path / "model.keras").write_bytes(b"1234")
    write_predictions(predictions, run.path / "predictions.csv")
    page, markdown = told(run.finish(report_on(predictions, names, "test").report))
    require_sound(page)
    assert "There are 40 classes: too many for a matrix" in page.text and "class 00, answered class 01" in page.text
    assert "is \\ called" not in markdown and "… and 22 more" in page.text

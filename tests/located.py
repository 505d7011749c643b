"""Finished runs that have answered where something is, made without training."""

from pathlib import Path

import pandas
from answered import write_split
from check_located import CLASSES, samples_of
from PIL import Image

from tltool.data.predictions import write_predictions
from tltool.evaluation.report import report_on
from tltool.runs import Run
from tltool.task import task_named


def located(folder: Path, task: str) -> Run:
    """Drawn photos in which something lies somewhere; of every other one, the answer is that of another photo."""
    (folder / "photos").mkdir(parents=True)
    samples, asked = samples_of(task), task_named(task)
    paths = [str(folder / "photos" / f"{i}.png") for i in range(len(samples))]
    for path, truth in zip(paths, samples.labels, strict=True):
        Image.new("RGB", (truth.width, truth.height), "navy").save(path)
    cells = samples.table["label"].tolist()
    said = [cells[i - 2] if i % 4 > 1 else cell for i, cell in enumerate(cells)]
    predictions = pandas.DataFrame({"path": paths, "label": cells, "predicted": said})
    settled = asked.answers.settle([*samples.labels], samples.labels, CLASSES, samples.labels)
    run = Run.create(folder / "run", "finetune", {}, classes=CLASSES, size=96, fit="pad", task=task, settled=settled)
    (run.path / "model.keras").write_bytes(b"1234")
    write_predictions(predictions, run.path / "predictions.csv")
    write_split(run, [(path, "", cell, "", "test") for path, cell in zip(paths, cells, strict=True)])
    (run.path / "history.csv").write_text("phase,epoch,loss,val_loss\ndecoder,1,3,4\ndecoder,2,2,3\n")
    return run.finish(report_on(predictions, CLASSES, "test", task, settled).report)

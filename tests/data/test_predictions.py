"""What a model says of photos as one table, which survives its file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas
import pytest

from tltool.data.predictions import predictions_table, read_predictions, write_predictions
from tltool.data.samples import COLUMNS, Samples
from tltool.errors import RunError

NAMES = ["plain", 'comma, and "quotes"', "two\nlines", "carriage\rreturn", "NA", "007", "1e3", " space ", "ü\udcff", "null"]


def samples_of(paths: Sequence[str], labels: Sequence[str], classes: list[str]) -> Samples:
    rows = [(path, "", label, "", "test") for path, label in zip(paths, labels, strict=True)]
    return Samples(pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object), classes)


def test_a_table_has_path_label_answer_and_one_column_per_class() -> None:
    samples = samples_of(["x.png", "y.png"], ["b", "a"], ["a", "b"])
    table = predictions_table(samples, np.array([[0.25, 0.75], [0.4, 0.6]], "float32"), {})
    assert list(table.columns) == ["path", "label", "predicted", "p_a", "p_b"]
    assert table["predicted"].tolist() == ["b", "b"] and table["p_b"].tolist() == pytest.approx([0.75, 0.6])


def test_any_name_and_any_probability_survive_the_file(tmp_path: Path) -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(len(NAMES)), len(NAMES)).astype("float32")
    written = predictions_table(samples_of(NAMES, NAMES[::-1], NAMES), probabilities, {})
    write_predictions(written, tmp_path / "predictions.csv")
    found = read_predictions(tmp_path / "predictions.csv")
    assert list(found.columns) == list(written.columns)
    for column in ("path", "label", "predicted"):
        assert found[column].tolist() == written[column].tolist()
    np.testing.assert_array_equal(found.iloc[:, 3:].to_numpy("float32"), probabilities)


@pytest.mark.parametrize("text", ["", "a\n1\n", "\0\xff", "path,label,predicted,p_hat\nx,hat,hat,a\n"])
def test_predictions_of_another_form_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "predictions.csv").write_text(text)
    with pytest.raises(RunError, match=r"predictions\.csv must"):
        read_predictions(tmp_path / "predictions.csv")

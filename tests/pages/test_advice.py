"""What to do next with a run: each rule where it holds, and not where it does not."""

from pathlib import Path

import numpy as np
from answered import CLASSES, LABELS, answering, with_errors, write_split

from tltool.pages.advice import advise
from tltool.pages.facts import gather
from tltool.runs import Run


def advice_of(run: Run) -> dict[str, str]:
    return {advice.says: advice.why for advice in advise(gather(run))}


def test_what_to_do_next_follows_from_what_is_known(tmp_path: Path) -> None:
    run = answering(tmp_path / "run", with_errors(*range(12)))
    write_split(run, [(f"/photos/{i}.jpg", "", CLASSES[LABELS[i]] if i else "tie", "", "train") for i in range(59)])
    (run.path / "history.csv").write_text("phase,epoch,loss,accuracy,val_loss,val_accuracy\nhead,1,0.1,0.99,1,0.5\nhead,2,0.1,1,1,0.4\n")
    run.note(kept="head", validation_accuracy={"head": 0.95})
    found = advice_of(run)
    assert found["Add photos of 'hat' (19)."] == "Of it there are fewer than 20 to learn from."
    assert "0.99 on training photos and 0.50 on validation" in " ".join(found.values())
    assert "chose the weights at 0.95; on the test photos no more than 0.88" in " ".join(found.values())
    assert "4 of 20 'hat' are taken for 'shoes'." in found.values()


def test_certain_mistakes_are_labels_to_look_at(tmp_path: Path) -> None:
    said = LABELS.copy()
    said[3] = 1
    run = answering(tmp_path / "run", np.eye(3)[said] * 0.98 + 0.01 - 0.01 / 3)
    assert advice_of(run)["Look at the labels."].startswith("1 photo is answered wrong with certainty")
    assert "Look at the labels." not in advice_of(answering(tmp_path / "unsure", np.eye(3)[said] * 0.4 + 0.2))


def test_what_is_no_better_than_guessing_is_called_that(tmp_path: Path) -> None:
    run = answering(tmp_path / "run", np.eye(3)[np.zeros(60, int)] * 0.8 + 0.1)
    assert any("no better than guessing" in says for says in advice_of(run))


def test_a_good_run_on_many_photos_is_only_to_be_exported(tmp_path: Path) -> None:
    run = answering(tmp_path / "run", with_errors())
    write_split(run, [(f"/photos/{i}.jpg", "", CLASSES[i % 3], "", "train") for i in range(99)])
    assert [(advice.kind, advice.says) for advice in advise(gather(run))] == [
        ("look", "Measure on more photos."),
        ("next", "Export it, for a phone or another program."),
    ]
    many = answering(tmp_path / "many", np.concatenate([with_errors()] * 2), paths=[f"/photos/{i}.jpg" for i in range(120)])
    assert [advice.kind for advice in advise(gather(many))] == ["next"]

"""The demonstration runs to its end without a download."""

from pathlib import Path

from tltool import demo


def test_transfer_beats_the_same_stack_from_scratch(tmp_path: Path) -> None:
    result = demo(out=tmp_path / "demo")
    accuracy = {name: run.report()["accuracy"] for name, run in result.runs.items()}
    assert accuracy["0–4 from scratch"] > 0.9
    assert accuracy["5–9 fine-tuned"] > accuracy["5–9 from scratch"]
    assert result.mobile.is_file() and not any(answer.error for answer in result.answers.answers)

"""The doctor answers, whatever is broken."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tltool import doctor
from tltool.cli.main import tltool
from tltool.models.devices import trial
from tltool.models.processes.inquiry import Answer


def test_this_machine_works_and_all_parts_are_told() -> None:
    diagnosis = doctor(wait=600)  # a busy machine is no broken one
    parts = [finding.part for finding in diagnosis.findings]
    assert parts == [
        "Python",
        "packages",
        "Keras",
        "device",
        "GPU",
        "known photos",
        "cache",
        "Keras's folder",
        "temporary files",
        "this folder",
        "weights",
        "network",
        "variables",
    ]
    assert diagnosis.exit_code == 0, diagnosis.findings
    assert "computes" in diagnosis.findings[3].found
    assert "grace_hopper.jpg (military uniform)" in diagnosis.findings[5].found


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A TensorFlow that takes its process down."""
    monkeypatch.setattr(trial, "ask_child", lambda *given: Answer([{"stage": "loading Keras"}], "was ended by SIGSEGV"))


def test_where_something_keeps_it_from_working_it_says_so_and_ends_with_one(broken: None) -> None:
    done = CliRunner().invoke(tltool, ["doctor"])
    assert done.exit_code == 1 and "was ended by SIGSEGV" in done.stdout
    *_, verdict, advice = done.stdout.splitlines()
    assert verdict == "tltool does not work here yet. What to do:" and advice.startswith("1. Install it anew")


def test_a_gpu_without_kernels_is_explained_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [
        {"stage": "looking for GPUs", "backend": "tensorflow", "with_cuda": True, "cuda": "12.5"},
        {"gpus": ["NVIDIA B200"]},
        {"stage": "convolving", "error": "InternalError: 'cuModuleLoadData' failed with 'CUDA_ERROR_INVALID_PTX'"},
    ]
    monkeypatch.setattr(trial, "ask_child", lambda *given: Answer(said, ""))
    done = CliRunner().invoke(tltool, ["doctor"])
    told = " ".join(done.stdout.split())
    assert done.exit_code == 1 and "while convolving: the backend that is installed has no kernels for this GPU" in told
    assert "What to do: 1. Use NVIDIA's TensorFlow container (NGC, nvcr.io/nvidia/tensorflow), which has them, or --device cpu." in told


def test_machines_get_one_object_per_part(broken: None) -> None:
    done = CliRunner().invoke(tltool, ["doctor", "--json"])
    records = {record["part"]: record for record in map(json.loads, done.stdout.splitlines())}
    assert done.exit_code == 1 and records["device"]["state"] == "problem" and records["cache"]["free"] > 0
    assert records["packages"]["versions"]["keras"]


def test_advice_is_given_once_and_problems_come_first(broken: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "file" / "cache"))
    lines = CliRunner().invoke(tltool, ["doctor"]).stdout.splitlines()
    assert lines[-2].startswith("1. Install") and lines[-1].startswith("2. Make") and "TLTOOL_CACHE" in lines[-1]

"""Runs: the folder that one recipe writes and every later command reads. Paths, JSON and nothing heavier."""

from typing import TYPE_CHECKING

from tltool.renamed import former_names
from tltool.runs.files import CURVES, OURS, STATE
from tltool.runs.forms import Kind, Record, Report
from tltool.runs.parts import carry_on
from tltool.runs.places import require_new, reserve
from tltool.runs.record import versions
from tltool.runs.resuming import read_asked, read_typed, reopen, spec_kinds
from tltool.runs.run import Run

if not TYPE_CHECKING:
    __getattr__ = former_names(__name__)

__all__ = [
    "CURVES",
    "OURS",
    "STATE",
    "Kind",
    "Record",
    "Report",
    "Run",
    "carry_on",
    "read_asked",
    "read_typed",
    "reopen",
    "require_new",
    "reserve",
    "spec_kinds",
    "versions",
]

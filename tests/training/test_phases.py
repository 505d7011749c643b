"""A wish and a number of photos → phases: arithmetic, and nothing that was typed is overridden."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tltool.specs import Head, Training
from tltool.training.phases import Phase, plan_phases, resolve_training


@pytest.mark.parametrize(
    ("photos", "batch_size", "pretrained", "epochs"),
    [
        (1, 32, True, 30),
        (100, 32, True, 30),
        (320, 32, True, 30),
        (640, 32, True, 15),
        (3201, 32, True, 3),
        (100_000, 32, True, 3),
        (320, 1, True, 3),
        (640, 64, True, 30),
        (1, 32, False, 60),
        (800, 32, False, 60),
        (1600, 32, False, 30),
        (3200, 32, False, 15),
        (100_000, 32, False, 15),
    ],
)
def test_epochs_follow_the_number_of_steps(photos: int, batch_size: int, pretrained: bool, epochs: int) -> None:
    assert resolve_training(Training(batch_size=batch_size), photos, pretrained).epochs == epochs


@pytest.mark.parametrize(
    ("pretrained", "on_map", "rate", "augment"),
    [(True, False, 1e-4, "standard"), (False, False, 1e-3, "light"), (True, True, 7e-4, "wide"), (False, True, 3e-3, "wide")],
)
def test_rate_and_augmentation_follow_the_recipe_and_the_head(pretrained: bool, on_map: bool, rate: float, augment: str) -> None:
    training = resolve_training(Training(), 500, pretrained, on_map)
    assert (training.learning_rate, training.augment) == (rate, augment)


@pytest.mark.parametrize("pretrained", [True, False])
@pytest.mark.parametrize("photos", [1, 1000, 1_000_000])
def test_what_was_typed_is_never_overridden(photos: int, pretrained: bool) -> None:
    typed = Training(epochs=1, learning_rate=0.5, augment="none", batch_size=7, label_smoothing=0, seed=3)
    assert resolve_training(typed, photos, pretrained) == typed
    phase = plan_phases(typed, Head(), "all", pretrained)[-1]
    assert (phase.epochs, phase.learning_rate, phase.augment) == (1, 0.5, "none")


def test_what_was_typed_is_still_known_afterwards() -> None:
    assert resolve_training(Training(epochs=4), 100, True).typed() == {"epochs": 4}


def test_a_pretrained_backbone_gets_a_head_first_and_then_learns_slowly_with_frozen_batch_norm() -> None:
    training = resolve_training(Training(), 1000, True)
    head, tuning = plan_phases(training, Head(), "all", True)
    assert (head.name, head.unfreeze, head.batch_norm, head.augment) == ("head", "none", "frozen", "none")
    assert (tuning.name, tuning.unfreeze, tuning.batch_norm) == ("fine-tuning", "all", "frozen")
    assert tuning.learning_rate < head.learning_rate


@pytest.mark.parametrize("unfreeze", ["block2_conv", 3, 150])
def test_the_second_phase_unfreezes_what_was_asked_for(unfreeze: int | str) -> None:
    assert plan_phases(Training(epochs=1), Head(), unfreeze, True)[1].unfreeze == unfreeze


@pytest.mark.parametrize("unfreeze", ["none", 0])
def test_nothing_unfrozen_is_one_phase(unfreeze: int | str) -> None:
    (phase,) = plan_phases(Training(epochs=5), Head(), unfreeze, True)
    assert phase.name == "head"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (Training(epochs=5, augment="light"), "--epochs, --augment have no effect with --unfreeze none: there is no fine-tuning."),
        (Training(learning_rate=1e-3, seed=3), "--learning-rate has no effect with --unfreeze none: there is no fine-tuning."),
        (Training(seed=3), ""),
    ],
)
def test_what_has_no_effect_without_a_fine_tuning_is_said(caplog: pytest.LogCaptureFixture, typed: Training, said: str) -> None:
    plan_phases(resolve_training(typed, 1000, True), Head(), "none", True)
    assert caplog.messages == ([said] if said else [])


def test_minutes_and_the_same_bits_again_do_not_go_together_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    resolve_training(Training(minutes=1), 1000, True)
    assert not caplog.messages
    resolve_training(Training(minutes=1, deterministic=True), 1000, True)
    assert caplog.messages == [
        "With --minutes the clock says how far a training gets: --deterministic alone does not give the same weights again."
    ]


@pytest.mark.parametrize(
    ("pretrained", "asked", "found"),
    [(True, None, "frozen"), (True, "adapt", "adapt"), (True, "train", "train"), (False, None, "train"), (False, "frozen", "frozen")],
)
def test_batch_norm_does_what_was_asked_for(pretrained: bool, asked: str | None, found: str) -> None:
    phases = plan_phases(Training(epochs=1), Head(), "all", pretrained, asked, layer_decay=0.9)
    assert (phases[-1].batch_norm, phases[-1].layer_decay) == (found, 0.9)
    assert not pretrained or (phases[0].batch_norm, phases[0].layer_decay) == ("frozen", 1.0)


@pytest.mark.parametrize("unfreeze", ["all"])
def test_random_weights_are_one_phase_in_which_batch_norm_trains_too(unfreeze: str) -> None:
    (phase,) = plan_phases(Training(epochs=8, learning_rate=1e-3, augment="light"), Head(), unfreeze, False)
    assert phase == Phase("training", "all", "train", 8, 1e-3, patience=10, augment="light")


@pytest.mark.parametrize(
    ("head", "solved"),
    [(Head(), True), (Head(pool="sum"), True), (Head(output="sigmoid"), True), (Head(dense=(8,)), False), (Head(pool="flatten"), False)],
)
def test_only_a_single_linear_layer_on_pooled_features_is_solved(head: Head, solved: bool) -> None:
    assert plan_phases(Training(epochs=1), head, "none", True)[0].solved == solved


@pytest.mark.parametrize(("epochs", "pretrained", "patience"), [(1, True, 3), (30, True, 10), (8, False, 10), (60, False, 30)])
def test_patience_is_a_share_of_the_epochs(epochs: int, pretrained: bool, patience: int) -> None:
    assert plan_phases(Training(epochs=epochs), Head(), "all", pretrained)[-1].patience == patience


def test_a_phase_is_ready_for_json() -> None:
    phase = plan_phases(Training(epochs=2), Head(), 5, True)[1]
    assert Phase(**json.loads(json.dumps(phase.as_dict()))) == phase


def test_the_arithmetic_needs_no_keras() -> None:
    program = (
        "import sys, tltool.training.phases, tltool.training.probe; "
        "print({'keras', 'tensorflow', 'jax', 'sklearn', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(("photos", "decoder", "tuning"), [(120, 19, 38), (16, 30, 60), (100_000, 3, 3)])
def test_a_head_on_maps_learns_first_on_whole_photos_with_a_frozen_backbone(photos: int, decoder: int, tuning: int) -> None:
    training = resolve_training(Training(), photos, True, on_map=True)
    assert (training.batch_size, training.augment, training.typed()) == (16, "wide", {})
    first, second = plan_phases(training, Head(), pretrained=True, photos=photos)
    assert (first.name, first.unfreeze, first.on_features, first.epochs) == ("decoder", "none", False, decoder)
    assert (second.name, second.epochs) == ("fine-tuning", tuning) and second.learning_rate < first.learning_rate
    assert [phase.name for phase in plan_phases(training, Head(), "none", True, photos=photos)] == ["decoder"]


def test_photos_that_differ_from_their_mirror_image_are_not_flipped() -> None:
    assert resolve_training(Training(), 100, True, on_map=True).flip
    assert not resolve_training(Training(), 100, True, on_map=True, may_flip=False).flip
    assert resolve_training(Training(batch_size=4), 100, True, on_map=True).batch_size == 4

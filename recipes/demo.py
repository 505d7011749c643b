"""The whole job in two minutes, without a download."""

from typing import Annotated, Literal

from tltool.recipes.export import export
from tltool.recipes.finetune import finetune
from tltool.recipes.predict import predict
from tltool.recipes.scratch import scratch

from tltool import data, figures
from tltool.evaluation.results import Demo, SceneDemo
from tltool.options import program, recipe
from tltool.parameters import Force, Out, Seed
from tltool.progress import say
from tltool.runs import Run
from tltool.specs import Backbone, ConvStack, Head, Photos, Training, option

FEW = 20  # photos of each new digit to learn from
SCENES = {"detect": (1200, 9), "segment": (800, 10), "landmarks": (800, 10)}  # how many, and for how many epochs they are learned from
SHOWN = 6  # of the test scenes


@recipe
def demo(
    task: Annotated[
        Literal["classify", "detect", "segment", "landmarks"],
        option("classify", help="What is shown: classes of digits; or, on drawn scenes, boxes, a class for every pixel, or points."),
    ] = "classify",
    out: Out = None,
    force: Force = False,
    seed: Seed = 0,
) -> Demo | SceneDemo:
    """The whole job in two minutes, without a download.

    A Conv2D stack learns the handwritten digits 0–4 from scratch. With it as the backbone, a few photos of each of 5–9 are enough;
    the same stack from scratch on the same few photos shows the difference. The better model is exported for a phone and used.

    With another --task, a stack learns from scratch to find circles, squares and triangles in drawn scenes, to outline them, or to
    find the four corners of a kite; it is exported for a phone as well, and what that says of test scenes is drawn.
    """
    run = Run.create(out, "demo", {}, force)
    folder = run.path
    if task in SCENES:
        scenes, epochs = SCENES[task]
        say(f"1 of 4: {scenes} scenes are drawn")
        photos = Photos(data=data.write_scenes(folder / "photos" / f"{task}-draw-{seed}", task, scenes, seed), task=task)
        say("2 of 4: a stack learns from them, from scratch")
        stack = ConvStack(conv=("16@3/2", "32@3", "64@3", "128@3"))
        small = Training(epochs=epochs, batch_size=8, augment="light", seed=seed)  # many steps; there are as many scenes as one draws
        found = scratch(photos, stack, training=small, out=folder / task, force=force)
        say("3 of 4: an int8 TFLite of it")
        export(found.path, ("tflite",), ("int8",), force=force, max_drop=1.0)  # shown, not judged
        mobile = found.path / "exports" / "model-int8.tflite"
        say("4 of 4: what that finds in a few of the test scenes")
        answers = predict(mobile, tuple(found.predictions()["path"][:SHOWN]))
        figures.draw_answers(answers, found.classes, folder / f"{task}-answers")
        run.note(state="finished")
        return SceneDemo(folder, photos.data, found, mobile, folder / f"{task}-answers")
    old = data.write_digits(folder / "photos" / "digits-0-4", range(5))
    new = data.write_digits(folder / "photos" / f"digits-5-9-draw-{seed}", range(5, 10), few=FEW, seed=seed)
    stack, head = ConvStack(filters=(16, 32, 64)), Head(pool="flatten")
    quick = Training(learning_rate=1e-3, batch_size=16, augment="none", seed=seed)  # digits do not flip

    say("1 of 4: a stack learns the digits 0–4 from scratch")
    base = scratch(Photos(data=old, size=32), stack, head, quick.fill(epochs=15), out=folder / "stack-0-4", force=force)
    say(f"2 of 4: the same stack learns 5–9 from scratch, from {FEW} photos each")
    alone = scratch(Photos(data=new, size=32), stack, head, quick.fill(epochs=60), out=folder / "scratch-5-9", force=force)
    say(f"3 of 4: 5–9 from the same {FEW} photos each, starting from the stack that knows 0–4")
    tuned = finetune(Photos(data=new), Backbone(name=str(base.path)), head, quick.fill(epochs=60), out=folder / "finetune-5-9", force=force)
    say("4 of 4: an int8 TFLite of it, and what it says of a few photos")
    export(tuned.path, ("tflite",), ("int8",), force=force, max_drop=1.0)  # shown, not judged: with few photos one is much
    mobile = tuned.path / "exports" / "model-int8.tflite"
    answers = predict(mobile, tuple(sorted((new / "test").glob("*/*.png"))[::150]))
    run.note(state="finished")
    return Demo(folder, {"0–4 from scratch": base, "5–9 from scratch": alone, "5–9 fine-tuned": tuned}, mobile, answers)


if __name__ == "__main__":
    program(demo)

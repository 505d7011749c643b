"""Name the classes of photos with a run or a .tflite file."""

from tltool import data, evaluation
from tltool.evaluation.results import Answers
from tltool.options import program
from tltool.specs import PhotoPaths, Top, Trained


def predict(trained: Trained, photos: PhotoPaths, top: Top = 1) -> Answers:
    """Name the classes of photos with a run or a .tflite file.

    PHOTOS are files, folders of photos, or - to read paths from standard input. A file that is no photo is named and the rest
    goes on; the exit code is then 1. A .tflite file needs neither Keras nor TensorFlow.
    """
    predictor = evaluation.open_predictor(trained)
    return evaluation.answer(predictor, data.list_photos(photos), top)


if __name__ == "__main__":
    program(predict)

"""What is asked of photos that come as a list: the task that the user names, or the one whose labels the list has."""

from tltool.catalog import TASKS
from tltool.errors import DataError
from tltool.progress import say
from tltool.task import Listing, task_named
from tltool.wording import quoted

AUTO = "auto"
DEFAULT = "classify"  # for whatever may be labelled in several ways


def recognize_task(listing: Listing, asked: str = AUTO) -> str:
    """The task called ``asked``, or with ``auto`` the one whose labels ``listing`` must have; what was decided is said."""
    if asked != AUTO:
        return asked
    for name in TASKS:
        if reason := task_named(name).labels.recognize(listing):
            say(f"The photos are taken for --task {name}, because {reason}." + _otherwise(listing))
            return name
    return DEFAULT


def task_of_folders(folder: str, asked: str = AUTO) -> str:
    """The task of photos that lie in class folders.

    Raises:
        DataError: ``asked`` is one for which a photo may have several labels, or none.
    """
    task = DEFAULT if asked == AUTO else asked
    if not task_named(task).labels.EXCLUSIVE:
        raise DataError(
            f"--task {task} must go with a CSV or a DataFrame, which can give a photo several labels. Received: {quoted(folder)}, a "
            "folder, where each photo has the class of its folder. List the photos with their labels, or leave --task away."
        )
    return task


def _otherwise(listing: Listing) -> str:
    column = task_named(DEFAULT).labels.COLUMN
    return f" If every photo has one {column}, say --task {DEFAULT}." if column in listing.columns else ""

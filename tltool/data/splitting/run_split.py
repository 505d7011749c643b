"""The split that a run keeps: written when it begins, the measure of its photos when it goes on."""

from pathlib import Path

from tltool.data.samples import Samples
from tltool.data.splitting.splits import read_split, write_split
from tltool.errors import DataError
from tltool.wording import shown

COLUMNS = ["path", "sha256", "label", "split"]


def settle_split(samples: Samples, path: Path) -> None:
    """Write the split to ``path``, or make sure that ``samples`` are those of the split that is there.

    Raises:
        DataError: photos are gone, have other contents, or lie in another part than the split says.
    """
    if not path.is_file():
        return write_split(samples, path)
    before, now = read_split(path).table[COLUMNS], samples.table[COLUMNS]
    known = dict(zip(now["path"], now["sha256"], strict=True))
    changed = [name for name, sha256 in zip(before["path"], before["sha256"], strict=True) if known.get(name) != sha256]
    if changed:
        raise DataError(
            f"The {samples.kind}s of a run must stay as they were until it is finished. "
            f"Received: {len(changed)} gone or changed, such as {changed[0]}. Put them back, or start a new run."
        )
    if before.values.tolist() != now.values.tolist():
        raise DataError(
            f"The {samples.kind}s of a run must stay in their parts until it is finished. Received: {shown(str(path))}, which "
            "says otherwise. Put it back, or start a new run."
        )

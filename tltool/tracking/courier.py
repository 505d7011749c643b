"""Deeds carried out in a thread beside the work, in order; what fails is tried again, and the work never waits for it."""

from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread

Deed = Callable[[], object]


class Courier:
    """Does one deed after the other. One that raises is done again when the next one comes, and those behind it wait.

    A thread of its own, because whoever is asked may take minutes to answer, and no setting of ours bounds that for a tracker that we do
    not know; as a daemon it holds up no end of the program.

    Attributes:
        trouble: what the last try raised; None where all is well.
    """

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self._inbox: SimpleQueue[Deed | None] = SimpleQueue()
        self._left: deque[Deed] = deque()
        self._thread = Thread(target=self._work, name="tltool-tracker", daemon=True)
        self._thread.start()

    def take(self, deed: Deed) -> None:
        """Do ``deed`` after those before it."""
        self._inbox.put(deed)

    def close(self, seconds: float) -> bool:
        """Take no more, and wait at most ``seconds`` for what is left; whether all was done."""
        self._inbox.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive() and not self._left

    def _work(self) -> None:
        over = False
        while not over:
            come = self._come()  # all at once: after a long try in vain there is one more, and not one for each
            over = None in come
            self._left.extend(deed for deed in come if deed is not None)
            self.trouble = self._deliver()

    def _come(self) -> list[Deed | None]:
        come = [self._inbox.get()]
        while True:
            try:
                come.append(self._inbox.get_nowait())
            except Empty:
                return come

    def _deliver(self) -> Exception | None:
        while self._left:
            try:
                self._left[0]()
            except Exception as error:  # of code of others
                return error
            self._left.popleft()
        return None

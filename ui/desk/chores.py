"""A thread for calls that would hold up the screen, and for looks at regular intervals."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

Chore = Callable[[], None]


class Chores:
    """Runs the chores that were asked for, in turn, and ``look``: at the start, after the last
    chore, and ``every`` so many seconds without a chore.

    A ``ValueError``, ``TypeError`` or ``OSError`` (also every error of ``requests``) of a chore or
    of ``look`` is passed to ``failed`` as one sentence. The chores, ``look`` and ``failed`` run in
    a thread of their own.
    """

    def __init__(
        self, name: str, look: Chore, failed: Callable[[str], None], *, every: float
    ) -> None:
        self._look = look
        self._failed = failed
        self._every = every
        self._asked: queue.Queue[Chore | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """End the thread after the chores that were asked for; wait at most ``seconds`` for it."""
        self._asked.put(None)
        self._thread.join(seconds)

    def ask(self, chore: Chore) -> None:
        """Have ``chore`` run in the thread; returns at once."""
        self._asked.put(chore)

    def _run(self) -> None:
        chore: Chore | None = self._look
        while chore is not None:
            self._do(chore)
            if chore is not self._look and self._asked.empty():
                self._do(self._look)
            try:
                chore = self._asked.get(timeout=self._every)
            except queue.Empty:
                chore = self._look

    def _do(self, chore: Chore) -> None:
        try:
            chore()
        except (ValueError, TypeError, OSError) as error:
            self._failed(str(error) or type(error).__name__)

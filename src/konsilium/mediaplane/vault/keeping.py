"""One thread writes everything down, so that the event loop never waits for a disk.

What waits to be written is bounded: on a disk that is slow or full the recording gives way, live goes on.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

#: Some ten seconds of eight angles; beyond it a disk does not catch up any more.
MOST_WAITING_BYTES: Final = 128 << 20
#: How often what was written is made safe against a failure of power, and the disk's room looked at.
LOOK_S: Final = 1.0

Job = Callable[[], None]


class Keeping:
    def __init__(self, look: Job, *, most_bytes: int = MOST_WAITING_BYTES, look_s: float = LOOK_S) -> None:
        self._look = look
        self._look_s = look_s
        self._most = most_bytes
        self._jobs: deque[tuple[Job, int]] = deque()
        self._waiting_bytes = 0
        self._busy = False
        self._ending = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="vault", daemon=True)
        self._thread.start()

    def put(self, job: Job, size: int = 0) -> bool:
        """False if so much waits already that this is not taken; what has no size is always taken."""
        with self._changed:
            if self._ending or (size and self._waiting_bytes + size > self._most):
                return False
            self._jobs.append((job, size))
            self._waiting_bytes += size
            self._changed.notify_all()
            return True

    def drain(self, timeout_s: float | None = None) -> bool:
        """Wait, in a thread, until everything put so far is done."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs and not self._busy, timeout_s)

    def close(self, timeout_s: float = 10.0) -> None:
        """Everything that waits is still written, if the disk lets it be."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        look_at = time.monotonic() + self._look_s
        while True:
            with self._changed:
                if not self._jobs and not self._ending:
                    self._changed.wait(max(0.0, look_at - time.monotonic()))
                job, size = self._jobs.popleft() if self._jobs else (None, 0)
                ending = self._ending and job is None
                self._busy = job is not None
            if job is not None:
                self._do(job)
            with self._changed:
                self._busy = False
                self._waiting_bytes -= size
                self._changed.notify_all()
            # Also when there is always something to write.
            if ending or time.monotonic() >= look_at:
                self._do(self._look)
                look_at = time.monotonic() + self._look_s
            if ending:
                return

    def _do(self, job: Job) -> None:
        try:
            job()
        except Exception:
            # One segment that cannot be written must not be the end of all that follow.
            log.exception("the vault stumbled")

"""A process in the keeper's hands: on a leash, leader of its group, its death noticed, reaped."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from kiosk.keeper import systemd

_LEASH = """\
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
if os.getppid() == int(sys.argv[1]):
    os.execvp(sys.argv[2], sys.argv[2:])
"""
# A bare interpreter runs `_LEASH` before the program (some 10 ms, never during a takeover). It sets
# PR_SET_PDEATHSIG, which outlives exec, and then compares its parent: a keeper that died before the
# prctl has left another parent behind, and the program does not start. A preexec_fn would be
# shorter, but may deadlock as soon as the keeper has a second thread, and it forbids vfork.

STUCK_S = 2.0
"""How long the keeper waits for a killed process, which may hang inside the kernel."""


class KeptProcess:
    """A child of the keeper that leads a process group. Raises ``OSError``, and kills the child,
    when the keeper could not notice its death.

    ``death`` becomes readable when the process dies, before it is reaped. Until the reap, the
    kernel gives its id, which is also that of its group, to nobody else. ``exit`` is None until
    :meth:`reap`, then the exit status; negative: the signal that killed the process.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.exit: int | None = None
        try:
            self.death = os.pidfd_open(pid)
        except OSError:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise

    @classmethod
    def start(
        cls, command: Sequence[str], end: socket.socket, env: Mapping[str, str] | None = None
    ) -> KeptProcess:
        """Start ``command``, which gets ``--channel`` and the number of the descriptor of ``end``.

        ``env`` is added to the keeper's own environment, without what systemd sets for the keeper
        alone. Raises ``OSError``.
        """
        inherited = {k: v for k, v in os.environ.items() if k not in systemd.VARIABLES}
        process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid())),
                *(*command, "--channel", str(end.fileno())),
            ],
            stdin=subprocess.DEVNULL,
            pass_fds=(end.fileno(),),
            start_new_session=True,
            env={**inherited, **(env or {})},
        )
        process.returncode = 0  # `reap` collects the process, so `subprocess` must not
        return cls(process.pid)

    def kill(self) -> None:
        """Kill everything in the group: a visit, and the drivers it runs in processes."""
        with contextlib.suppress(ProcessLookupError):
            # Fails when the process was reaped with the group in which it was forked: by then its
            # id may be that of another group.
            signal.pidfd_send_signal(self.death, signal.SIGKILL)
            # Fails where the process was forked a moment ago, and does not lead its group yet.
            os.killpg(self.pid, signal.SIGKILL)

    def await_end(self, seconds: float) -> None:
        """Wait until the process has ended of itself, ``seconds`` at most."""
        _readable(self.death, seconds)

    def reap(self) -> None:
        """Kill and collect the process and the orphans of its group; give the descriptor back."""
        self.kill()
        with contextlib.suppress(ChildProcessError):
            if _readable(self.death, STUCK_S):
                self.exit = -signal.SIGKILL
                # Fails when the process was reaped with the group in which it was forked: it never
                # led one of its own.
                self.exit = _exit_code(self.death)
            # The children of the dead leader are the keeper's now (it is their subreaper).
            until = time.monotonic() + 0.2
            while time.monotonic() < until:
                if os.waitpid(-self.pid, os.WNOHANG) == (0, 0):
                    time.sleep(0.001)
        os.close(self.death)


def _exit_code(death: int) -> int:
    """Reap the dead process of this pidfd; its id may be another's. Raises ``ChildProcessError``
    when it was reaped before."""
    ended = os.waitid(os.P_PIDFD, death, os.WEXITED)
    assert ended
    return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status


def _readable(fd: int, seconds: float) -> bool:
    poll = select.poll()  # select() refuses descriptors above 1023
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))

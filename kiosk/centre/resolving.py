"""Looks up a host name within a time: the system's own search has no limit of its own."""

from __future__ import annotations

import errno
import socket
import threading

from drivers.sentence import en


def resolve(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of ``host``, the best first.

    Raises ``OSError``, after ``seconds`` at the latest: the system gives up only after it has asked
    all its name servers several times, and its search goes on in a thread of its own until then.
    """
    found: list[str] = []
    failures: list[OSError] = [
        TimeoutError(errno.ETIMEDOUT, en("no answer within {seconds:.0f} s", seconds=seconds))
    ]

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except OSError as error:
            failures.append(error)
        except UnicodeError:
            failures.append(OSError(errno.EINVAL, en("that is no host name")))

    asking = threading.Thread(target=ask, name="DNS", daemon=True)
    asking.start()
    asking.join(seconds)
    if not found:
        raise failures[-1]
    return found

"""Plays a poster for the keeper's tests: ``poster_player.py DIRECTORY PART --channel N``.

It writes ``poster.pid`` and does its part: "good" shows itself, "touched" is pressed as well, twice
at once and a third time when the file ``touch`` appears, "waits" shows itself on the keeper's word;
the others fail in some way.
"""

import os
import sys
import time
from pathlib import Path

from kiosk.keeper.channel import Live, PosterEnd, Shown, Touched


def main(stage: Path, part: str, channel: PosterEnd) -> None:
    (stage / "poster.pid").write_text(str(os.getpid()))
    if part == "waits":
        while not (words := channel.receive()):
            time.sleep(0.005)
        assert words == [Live()]
    if part == "late":
        while not (stage / "1.pid").exists():
            time.sleep(0.01)
    match part:
        case "crash":
            os._exit(3)
        case "garbage":
            os.write(channel.fileno(), b"\xff{\n")
        case "too-soon":
            channel.send(Touched("start"))
    if part != "hangs":
        channel.send(Shown())
    match part:
        case "twice-shown":
            channel.send(Shown())
        case "touched":
            channel.send(Touched("elder"))
            channel.send(Touched("start"))
            while not (stage / "touch").exists():
                time.sleep(0.01)
            channel.send(Touched("public"))
        case "touched-dies":
            channel.send(Touched("start"))
            os._exit(3)
    time.sleep(360)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], PosterEnd(int(sys.argv[4])))

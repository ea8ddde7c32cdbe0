"""Who stands before the terminal: puts cards, shows codes, agrees on the phone, types a PIN."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from drivers.device import Kind
from drivers.emulators.rig import Emulator, Rig
from kiosk.workshop.sandbox import personas
from ui.desk import people
from ui.desk.levers import clauses
from ui.desk.parts import DeskPart, of

CITIZEN = "citizen"
"""The citizen's name in a rig, beside the devices."""
TIMEOUT_S = 5.0
_WRONG = re.compile(r'<p id="wrong" role="alert">(.+?)</p>')


class DeskCitizen:
    """Plays every way in with the cards, codes and phones of the personas, by the orders of a rig.

    ``centre`` is the base address of the stand-in centre, which knows the phones; None: no phones.
    Orders of :meth:`obey` and their facts:

    * ``put`` – ``who`` (a persona's id) puts the ``card`` of :data:`ui.desk.people.CARDS`
      (``id_card``) into its place. ``lift`` – takes ``card`` out again.
    * ``show code`` – ``who`` holds the code 亮码可办 of their phone before the scanner.
    * ``agree`` – ``who`` scans the code on the screen and agrees on the phone's page with the
      ``digits`` that the screen shows. ``decline`` – does not agree.
    * ``type`` – presses the ``digits`` at the PIN pad, and then Enter.
    * ``well`` – changes nothing: no fault is a citizen's.

    Another ``who`` than before is the next citizen, who finds no papers: the one before has taken
    them along.
    """

    address = ""

    def __init__(self, centre: str | None) -> None:
        self._centre = centre
        self._rig: Rig | None = None
        self._parts: dict[str, DeskPart] = {}
        self._who = ""
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy: the stand-in centre runs on this machine

    def stand_before(self, rig: Rig) -> None:
        """Act at the devices of ``rig`` from now on."""
        self._rig = rig
        self._parts = {part.key: part for part in of(rig.devices)}

    def start(self) -> None:
        """Does nothing: a citizen has no cable."""

    def stop(self) -> None:
        """Close the connection to the centre."""
        self._http.close()

    def obey(self, order: str, **facts: Any) -> None:
        """Carry out an order of the class docstring. Raises ``ValueError`` for any other, and
        ``OSError`` when the centre does not answer."""
        match order, facts:
            case "put", {"who": str(who), **rest} if rest.keys() <= {"card"}:
                self._put(who, rest.get("card", people.ID_CARD))
            case "lift", _ if facts.keys() <= {"card"}:
                self._act(people.place_of(facts.get("card", people.ID_CARD)), "lift")
            case "show code", {"who": str(who), **rest} if not rest:
                code = self._asked("POST", f"/sandbox/fund-codes/{_known(who)}").json()
                self._come(who)
                self._act(Kind.CODE_SCANNER, "show", text=code)
            case "agree", {"who": str(who), "digits": digits, **rest} if not rest:
                self._answer({"answer": "yes", "person": _known(who), "digits": f"{digits:0>2}"})
                self._come(who)
            case "decline", {}:
                self._answer({"answer": "no"})
            case "type", {"digits": digits, **rest} if not rest:
                for key in (*str(digits), "enter"):
                    self._act(Kind.PIN_PAD, "press", key=key)
            case "well", _:
                pass
            case _:
                raise ValueError(f"a citizen knows no order {order!r} with {sorted(facts)}")

    def look(self) -> dict[str, Any]:
        """``who`` str, the persona that came last, or ""."""
        return {"who": self._who}

    # -- what a citizen does ------------------------------------------------------------------

    def _put(self, who: str, card: str) -> None:
        persona = personas.load()[_known(who)]
        if card not in people.CARDS or not people.has(who, card):
            raise ValueError(f"{who} has no card {card!r}; known: {', '.join(people.CARDS)}")
        facts = persona.card() if card == people.ID_CARD else people.chip(who, card)
        self._come(who)
        self._act(people.place_of(card), "put", **facts)

    def _come(self, who: str) -> None:
        before, self._who = self._who, who
        if before and before != who:
            for printer in (Kind.RECEIPT_PRINTER, Kind.DOCUMENT_PRINTER):
                if printer in self._parts:
                    self._act(printer, "take")

    def _act(self, place: str, act: str, **facts: Any) -> None:
        part = self._parts.get(place)
        if part is None or self._rig is None or act not in part.orders:
            raise ValueError(f"nobody can {act} anything at the {place} here")
        for clause in clauses(part.device, part.orders[act]):
            self._rig.tell(part.device, clause.order, **clause.facts, **facts)

    # -- the phone ----------------------------------------------------------------------------

    def _answer(self, form: Mapping[str, str]) -> None:
        """Answer on the phone's page of the newest code. Raises ``ValueError`` when no terminal
        shows a code, and with the page's words when the digits are wrong."""
        logins = self._asked("GET", "/sandbox/logins").json()
        if not logins:
            raise ValueError("no terminal shows a code for the phone")
        page = logins[0]["page"]
        self._asked("GET", page)
        told = self._asked("POST", page, form).text
        if wrong := _WRONG.search(told):
            raise ValueError(wrong[1])

    def _asked(self, method: str, path: str, form: Mapping[str, str] | None = None) -> Any:
        if self._centre is None:
            raise ValueError("no stand-in centre here, so there are no phones")
        where = f"{self._centre.rstrip('/')}{path}"
        answer = self._http.request(method, where, data=form, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer


def _known(who: str) -> str:
    if who not in personas.load():
        raise ValueError(f"nobody is {who!r}; known: {', '.join(personas.load())}")
    return who


def rig_with_citizen(devices: Mapping[str, Emulator], path: Path, centre: str | None) -> Rig:
    """A rig of ``devices``, not yet started, and a citizen who stands before them."""
    citizen = DeskCitizen(centre)
    rig = Rig({**devices, CITIZEN: citizen}, path)
    citizen.stand_before(rig)
    return rig

"""Sessions of the stand-in centre: checks of the card and the name, the SMS code, the time-out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from kiosk.centre.evidence import (
    LoginEvidence,
    PasswordEvidence,
    PinEvidence,
    PinKey,
    SignIn,
    UnitAccountEvidence,
)
from kiosk.centre.level import Level
from kiosk.centre.models import CentreWords, Proof, Session, SmsSent
from kiosk.privacy import Sensitive, mask_phone
from kiosk.workshop.sandbox.alarms import Alarms
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.levels import Factor, level_of
from kiosk.workshop.sandbox.personas import birth_of
from kiosk.workshop.sandbox.pins import Bank, password_digest, right_password
from kiosk.workshop.sandbox.recognition import FACTORS, Recognised, Recogniser
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, Store
from kiosk.workshop.sandbox.tries import Tries

IDLE_S = 600.0
CODE_VALID_S = 300
RESEND_S = 60
WRONG_CODES = 3
CODES_PER_DAY = 5
NO_FACES = CentreWords(zh="演示中心未开通人脸核验", en="The demo centre does not check faces")
FACE_FROM_AGE = 14
"""Years from which a face is checked: younger people's data need their guardian's consent (个人信息
保护法 31)."""
TOO_YOUNG = CentreWords(zh="未满十四周岁不能刷脸", en="Not for anybody under fourteen")
ON_PHONE = "handed-over"
"""The way in of a phone that goes on with what a terminal has begun."""
PROOFS = ("pin", "sms", "face", "phone", "fund-code", "id-card", "password")
"""The ways that may raise a level, in the order in which the centre offers them."""


@dataclass(frozen=True, slots=True, repr=False)
class TokenHolder:
    """The person of a session, and how surely they are known."""

    session: str
    token: str
    terminal: str
    person: Row
    shown: frozenset[Factor]
    named: bool  # the whole name is known: it stood on the chip, or the citizen has confirmed it
    way: str = "id-card"  # the way in that opened the session
    unit: str = ""  # number of the only unit that the session serves; empty: the person

    @property
    def level(self) -> Level:
        return level_of(self.shown)

    def handle(self, number: str) -> str:
        """The id of an account or loan within this session, so that no number stands in a path."""
        return hmac.new(self.token.encode(), number.encode(), hashlib.sha256).hexdigest()[:32]


class Sessions:
    """Opens, proves and ends sessions. ``fixed_code`` replaces the random SMS code."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        recogniser: Recogniser,
        tries: Tries,
        bank: Bank,
        alarms: Alarms,
        *,
        must_not_crowd: Callable[[str, str], None],
        fixed_code: str | None,
        codes_per_day: int,
    ) -> None:
        """``must_not_crowd``: refuses a person's sign-in at a terminal with too many of them."""
        self._store = store
        self._clock = clock
        self._recogniser = recogniser
        self._tries = tries
        self._bank = bank
        self._alarms = alarms
        self._must_not_crowd = must_not_crowd
        self._fixed_code = fixed_code
        self._codes_per_day = codes_per_day
        self.faces_closed: CentreWords | None = NO_FACES
        """Why no faces are checked now; None: they are."""

    def open(self, sign_in: SignIn) -> Session:
        """Open a session for whom the evidence names. Refuses what ``Recogniser`` refuses,
        unit-wrong, try-later and risk-sign-ins.

        Whoever signs in at a terminal is not the last citizen, who has left, so the last session of
        the terminal ends here. It may be open still: its visit was killed, or an answer was lost.
        """
        self._store.run(
            "UPDATE session SET closed = 1 WHERE terminal = ? AND closed = 0", sign_in.terminal
        )
        way = sign_in.evidence.way
        unit = ""
        if isinstance(sign_in.evidence, UnitAccountEvidence):
            unit, seen = sign_in.evidence.number.reveal(), self._agent_of(sign_in.evidence)
        else:
            seen = self._recogniser.recognise(sign_in.evidence, sign_in.terminal, "")
        self._must_not_crowd(seen.person["id"], sign_in.terminal)
        token = secrets.token_urlsafe(32)
        session = secrets.token_hex(16)
        shown = frozenset({seen.factor})
        self._store.insert(
            "session",
            {
                "id": session,
                "token": _digest(token),
                "terminal": sign_in.terminal,
                "person": seen.person["id"],
                "agreement": sign_in.agreement,
                "way": way,
                "unit": unit,
                "shown": seen.factor.value,
                "level": level_of(shown).value,
                "name_to_confirm": int(not seen.named),
                "used": self._clock.ticks(),
                "closed": 0,
                "wrong_codes": 0,
                "opened": self._clock.ticks(),
            },
        )
        return self._answer(
            TokenHolder(session, token, sign_in.terminal, seen.person, shown, seen.named, way, unit)
        )

    def _agent_of(self, evidence: UnitAccountEvidence) -> Recognised:
        """The agent of the unit whose account and password these are. An unknown account is refused
        as a wrong password is, and delayed like it: nobody learns which accounts there are.
        Refuses way-closed, try-later, unit-wrong."""
        self._recogniser.ways.must_be_open(evidence.way)
        number = evidence.number.reveal()
        unit = self._store.one("SELECT * FROM unit WHERE number = ?", number)
        given, kept = password_digest(number, evidence.password.reveal()), unit and unit["password"]
        if not self._tries.weigh(number, lambda: secrets.compare_digest(given, kept or "")):
            raise Refused("unit-wrong")
        assert unit  # without one, nothing is right
        agent = self._store.one("SELECT * FROM person WHERE id = ?", unit["agent"])
        assert agent  # a foreign key
        return Recognised(agent, FACTORS[evidence.way])

    def prove(self, visitor: TokenHolder, evidence: LoginEvidence) -> Session:
        """Note further evidence of the visitor. Refuses name-not-confirmed, other-person,
        pin-wrong, password-wrong, try-later, and what ``Recogniser`` refuses."""
        _must_be_named(visitor)
        if isinstance(evidence, PinEvidence | PasswordEvidence):
            self._check_secret(visitor, evidence)
        else:
            seen = self._recogniser.recognise(evidence, visitor.terminal, visitor.session)
            if seen.person["id"] != visitor.person["id"]:
                self._alarms.sound("other-person", visitor.terminal, visitor.session)
                raise Refused("other-person")
        return self._answer(self._note(visitor, FACTORS[evidence.way]))

    def _check_secret(self, visitor: TokenHolder, evidence: PinEvidence | PasswordEvidence) -> None:
        self._recogniser.ways.must_be_open(evidence.way)
        if Factor.HELD not in visitor.shown:
            raise Refused("request-invalid")
        person = visitor.person

        def is_right() -> bool:
            if isinstance(evidence, PasswordEvidence):
                return right_password(self._store, person["id"], evidence.password.reveal())
            by_card = visitor.way == "bank-card"
            return by_card and self._bank.verifies(visitor.session, evidence, person["bank_card"])

        if not self._tries.weigh(person["id"], is_right):
            raise Refused(f"{evidence.way}-wrong")

    def pin_key(self, visitor: TokenHolder) -> PinKey:
        """A key for the PIN of the card that opened the session. Refuses way-closed."""
        self._recogniser.ways.must_be_open("pin")
        if visitor.way != "bank-card":
            raise Refused("way-closed")
        return self._bank.key(visitor.session)

    def close(self, token: str | None) -> None:
        """End the session; no error when it has ended already. Refuses session-over for an unknown
        token."""
        row = self._row(token)
        self._store.run("UPDATE session SET closed = 1 WHERE id = ?", row["id"])

    def visitor(self, token: str | None, terminal: str) -> TokenHolder:
        """The person behind ``token``; the idle time of the session starts again. Refuses
        session-over. A token that another terminal sends ends the session, with an alarm; so is a
        token alarming that comes again after its session was closed."""
        row = self._row(token)
        now = self._clock.ticks()
        if row["terminal"] != terminal:
            self._alarms.sound("session-elsewhere", terminal, row["id"])
            self._store.run("UPDATE session SET closed = 1 WHERE id = ?", row["id"])
            raise Refused("session-over")
        if row["closed"]:
            self._alarms.sound("session-replayed", terminal, row["id"])
        if row["closed"] or now - row["used"] > IDLE_S:
            raise Refused("session-over")
        self._store.run("UPDATE session SET used = ? WHERE id = ?", now, row["id"])
        person = self._store.one("SELECT * FROM person WHERE id = ?", row["person"])
        assert person  # a foreign key
        shown = frozenset(map(Factor, row["shown"].split()))
        named = not row["name_to_confirm"]
        return TokenHolder(
            row["id"], token or "", terminal, person, shown, named, row["way"], row["unit"]
        )

    def open_on_phone(self, handed: str, person: str) -> TokenHolder:
        """A session of its own for the phone of ``person``, who has proved there who they are, with
        the consent to look-ups that was given in the session ``handed`` of a terminal."""
        token, session = secrets.token_urlsafe(32), secrets.token_hex(16)
        terminal, shown = f"phone-{secrets.token_hex(8)}", frozenset({Factor.PHONE})
        row = {
            "id": session,
            "token": _digest(token),
            "terminal": terminal,
            "person": person,
            "agreement": "",
            "way": ON_PHONE,
            "unit": "",
            "shown": Factor.PHONE.value,
            "level": level_of(shown).value,
            "name_to_confirm": 0,
            "used": self._clock.ticks(),
            "closed": 0,
            "wrong_codes": 0,
            "opened": self._clock.ticks(),
        }
        with self._store.transaction():
            self._store.insert("session", row)
            self._store.run(
                "INSERT INTO authorisation SELECT ?, version, agreed, at FROM authorisation "
                "WHERE session = ?",
                session,
                handed,
            )
        return self.visitor(token, terminal)

    def visitor_on_phone(self, token: str, session: str) -> TokenHolder:
        """The person of the phone's ``session``, whose page sends ``token``. Refuses
        session-over."""
        row = self._row(token)
        if row["id"] != session:
            raise Refused("session-over")
        return self.visitor(token, row["terminal"])

    def confirm_name(self, visitor: TokenHolder, confirmed: bool) -> Session:
        """Note that the citizen has confirmed the name. Refuses name-not-confirmed."""
        if not confirmed:
            raise Refused("name-not-confirmed")
        self._store.run("UPDATE session SET name_to_confirm = 0 WHERE id = ?", visitor.session)
        return self._answer(replace(visitor, named=True))

    def send_code(self, visitor: TokenHolder) -> SmsSent:
        """Send a code. Refuses name-not-confirmed, code-locked, sms-too-soon, sms-daily-limit."""
        self._must_be_open_to_codes(visitor)
        phone, now = visitor.person["phone"], self._clock.ticks()
        last = self._last_message(visitor)
        if last and now - last["sent"] < RESEND_S:
            wait = max(1, RESEND_S - int(now - last["sent"]))
            raise Refused("sms-too-soon", retry_after_s=wait, seconds=wait)
        today = self._clock.today().isoformat()
        sent = self._store.count(
            "SELECT count(*) FROM message WHERE phone = ? AND day = ?", phone, today
        )
        if sent >= self._codes_per_day:
            raise Refused("sms-daily-limit")
        code = self._fixed_code or f"{secrets.randbelow(10**6):06}"
        self._store.insert(
            "message",
            {
                "session": visitor.session,
                "phone": phone,
                "code": code,
                "text": f"【云岭公积金·演示】验证码{code}，5分钟内有效。您正在自助终端办理业务，"
                "工作人员不会向您索要验证码。",
                "day": today,
                "at": self._clock.now().isoformat(),
                "sent": now,
            },
        )
        return SmsSent(phone=mask_phone(phone), resend_after_s=RESEND_S, valid_s=CODE_VALID_S)

    def check_code(self, visitor: TokenHolder, code: str) -> Session:
        """Check a code. Refuses name-not-confirmed, code-locked, code-expired, code-wrong,
        try-later."""
        wrong = 0

        def is_right() -> bool:
            nonlocal wrong
            wrong = 1 + self._must_be_open_to_codes(visitor)
            last = self._last_message(visitor)
            if not last or self._clock.ticks() - last["sent"] > CODE_VALID_S:
                raise Refused("code-expired")
            right = secrets.compare_digest(last["code"], code)
            if not right:
                self._store.run(
                    "UPDATE session SET wrong_codes = ? WHERE id = ?", wrong, visitor.session
                )
            return right

        self._must_be_open_to_codes(visitor)  # a locked session says so before any delay
        if not self._tries.weigh(visitor.person["id"], is_right):
            left = WRONG_CODES - wrong
            raise Refused("code-wrong", left=left) if left > 0 else Refused("code-locked")
        return self._answer(self._note(visitor, Factor.KNOWN))

    def face_checked(self, visitor: TokenHolder) -> Session:
        """Note that the face was the visitor's. ``Faces`` has checked it."""
        return self._answer(self._note(visitor, Factor.ARE))

    def must_be_open_to_faces(self, visitor: TokenHolder) -> None:
        """Refuses face-closed, name-not-confirmed."""
        if self.closed_to_face_of(visitor.person) is not None:
            raise Refused("face-closed")
        _must_be_named(visitor)

    def closed_to_face_of(self, person: Row) -> CentreWords | None:
        """Why this person's face is not checked now; None: it is."""
        birth, today = birth_of(person["number"]), self._clock.today()
        years = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
        return self.faces_closed or (TOO_YOUNG if years < FACE_FROM_AGE else None)

    # -- inside -------------------------------------------------------------------------------

    def _row(self, token: str | None) -> Row:
        row = token and self._store.one("SELECT * FROM session WHERE token = ?", _digest(token))
        if not row:
            raise Refused("session-over")
        return row

    def _must_be_open_to_codes(self, visitor: TokenHolder) -> int:
        """How many codes of this session were wrong so far. Refuses name-not-confirmed,
        code-locked."""
        _must_be_named(visitor)
        wrong = self._store.count("SELECT wrong_codes FROM session WHERE id = ?", visitor.session)
        if wrong >= WRONG_CODES:
            raise Refused("code-locked")
        return wrong

    def _last_message(self, visitor: TokenHolder) -> Row | None:
        return self._store.one(
            "SELECT * FROM message WHERE session = ? ORDER BY id DESC LIMIT 1", visitor.session
        )

    def _note(self, visitor: TokenHolder, proved: Factor) -> TokenHolder:
        """The visitor, who has shown ``proved`` as well."""
        shown = visitor.shown | {proved}
        self._store.run(
            "UPDATE session SET shown = ?, level = ? WHERE id = ?",
            " ".join(sorted(shown)),
            level_of(shown).value,
            visitor.session,
        )
        return replace(visitor, shown=shown)

    def _answer(self, visitor: TokenHolder) -> Session:
        return Session(
            id=visitor.session,
            token=Sensitive(visitor.token),
            expires=self._clock.now() + timedelta(seconds=IDLE_S),
            level=visitor.level,
            name_to_confirm=None if visitor.named else Sensitive(str(visitor.person["name"])),
            proofs=self._proofs(visitor),
            units=self._units(visitor),
            unit=visitor.handle(visitor.unit)
            if visitor.unit and visitor.level >= Level.PROVED
            else "",
        )

    def _units(self, visitor: TokenHolder) -> int:
        if visitor.level < Level.PROVED:
            return 0
        if visitor.unit:
            return 1
        person = visitor.person["id"]
        return self._store.count("SELECT count(*) FROM unit WHERE agent = ?", person)

    def _proofs(self, visitor: TokenHolder) -> tuple[Proof, ...]:
        """The ways in that raise the visitor's level, and the level after each."""
        proofs = []
        for way in PROOFS:
            level = level_of(visitor.shown | {FACTORS[way]})
            if level <= visitor.level or (way == "pin" and visitor.way != "bank-card"):
                continue
            if way == "password" and Factor.HELD not in visitor.shown:
                continue  # the agent's own password proves nothing of the unit's
            if way == "face":
                closed = self.closed_to_face_of(visitor.person)
            else:
                closed = self._recogniser.ways.closed(way)
            hint = mask_phone(visitor.person["phone"]) if way == "sms" else ""
            proofs.append(
                Proof(way=way, level=level, available=closed is None, hint=hint, reason=closed)
            )
        return tuple(proofs)


def _must_be_named(visitor: TokenHolder) -> None:
    """Refuses name-not-confirmed: nothing is proved of somebody whose whole name is not known."""
    if not visitor.named:
        raise Refused("name-not-confirmed")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""Sessions of the stand-in centre: checks of the card and the name, the SMS code, the time-out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from kiosk.centre.evidence import CardEvidence, SignIn
from kiosk.centre.level import Level
from kiosk.centre.models import CentreWords, Proof, Session, SmsSent
from kiosk.papers.names import normal_name
from kiosk.privacy import Sensitive, mask_phone
from kiosk.workshop.sandbox.clock import Clock
from kiosk.workshop.sandbox.levels import Factor, level_of
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.store import Row, Store

IDLE_S = 600.0
CODE_VALID_S = 300
RESEND_S = 60
WRONG_CODES = 3
CODES_PER_DAY = 5
NO_FACES = CentreWords(zh="演示中心未开通人脸核验", en="The demo centre does not check faces")


@dataclass(frozen=True, slots=True, repr=False)
class TokenHolder:
    """The person of a session, and how surely they are known."""

    session: str
    token: str
    terminal: str
    person: Row
    shown: frozenset[Factor]
    named: bool  # the whole name is known: it stood on the chip, or the citizen has confirmed it

    @property
    def level(self) -> Level:
        return level_of(self.shown)

    def handle(self, number: str) -> str:
        """The id of an account or loan within this session, so that no number stands in a path."""
        return hmac.new(self.token.encode(), number.encode(), hashlib.sha256).hexdigest()[:32]


class Sessions:
    """Opens, proves and ends sessions. ``fixed_code`` replaces the random SMS code."""

    def __init__(
        self, store: Store, clock: Clock, *, fixed_code: str | None, codes_per_day: int
    ) -> None:
        self._store = store
        self._clock = clock
        self._fixed_code = fixed_code
        self._codes_per_day = codes_per_day
        self.faces_closed: CentreWords | None = NO_FACES
        """Why no faces are checked now; None: they are."""

    def open(self, sign_in: SignIn) -> Session:
        """Open a session. Refuses card-expired, no-account, card-lost, card-name-differs.

        A new card at a terminal means that the last citizen has left, so the last session of the
        terminal ends here. It may be open still: its visit was killed, or an answer was lost.
        """
        card = sign_in.evidence
        self._store.run(
            "UPDATE session SET closed = 1 WHERE terminal = ? AND closed = 0", sign_in.terminal
        )
        if card.valid_to and card.valid_to < f"{self._clock.today():%Y%m%d}":
            raise Refused("card-expired")
        person = self._store.one(
            "SELECT * FROM person WHERE number = ? AND card_kind = ?",
            card.number.reveal().upper(),
            card.kind,
        )
        if person and person["lost"]:
            raise Refused("card-lost")
        if not person or not self._store.one(
            "SELECT 1 FROM account WHERE person = ?", person["id"]
        ):
            raise Refused("no-account")
        whole = _same_name(card, person)
        if not whole and not _begins_name(card, person):
            raise Refused("card-name-differs")
        token = secrets.token_urlsafe(32)
        session = secrets.token_hex(16)
        self._store.insert(
            "session",
            {
                "id": session,
                "token": _digest(token),
                "terminal": sign_in.terminal,
                "person": person["id"],
                "agreement": sign_in.agreement,
                "shown": Factor.HELD.value,
                "level": Level.HELD.value,
                "name_to_confirm": int(not whole),
                "used": self._clock.ticks(),
                "closed": 0,
                "wrong_codes": 0,
            },
        )
        return self._answer(
            TokenHolder(
                session, token, sign_in.terminal, person, frozenset({Factor.HELD}), named=whole
            )
        )

    def close(self, token: str | None) -> None:
        """End the session; no error when it has ended already. Refuses session-over for an unknown
        token."""
        row = self._row(token)
        self._store.run("UPDATE session SET closed = 1 WHERE id = ?", row["id"])

    def visitor(self, token: str | None, terminal: str) -> TokenHolder:
        """The person behind ``token``; the idle time of the session starts again. Refuses
        session-over."""
        row = self._row(token)
        now = self._clock.ticks()
        if row["closed"] or row["terminal"] != terminal or now - row["used"] > IDLE_S:
            raise Refused("session-over")
        self._store.run("UPDATE session SET used = ? WHERE id = ?", now, row["id"])
        person = self._store.one("SELECT * FROM person WHERE id = ?", row["person"])
        assert person  # a foreign key
        shown = frozenset(map(Factor, row["shown"].split()))
        named = not row["name_to_confirm"]
        return TokenHolder(row["id"], token or "", terminal, person, shown, named)

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
        """Check a code. Refuses name-not-confirmed, code-locked, code-expired, code-wrong."""
        wrong = self._must_be_open_to_codes(visitor)
        last = self._last_message(visitor)
        if not last or self._clock.ticks() - last["sent"] > CODE_VALID_S:
            raise Refused("code-expired")
        if not secrets.compare_digest(last["code"], code):
            self._store.run(
                "UPDATE session SET wrong_codes = wrong_codes + 1 WHERE id = ?", visitor.session
            )
            left = WRONG_CODES - wrong - 1
            raise Refused("code-wrong", left=left) if left > 0 else Refused("code-locked")
        return self._answer(self._note(visitor, Factor.KNOWN))

    def face_checked(self, visitor: TokenHolder) -> Session:
        """Note that the face was the visitor's. ``Faces`` has checked it."""
        return self._answer(self._note(visitor, Factor.ARE))

    def must_be_open_to_faces(self, visitor: TokenHolder) -> None:
        """Refuses face-closed, name-not-confirmed."""
        if self.faces_closed is not None:
            raise Refused("face-closed")
        if not visitor.named:
            raise Refused("name-not-confirmed")

    # -- inside -------------------------------------------------------------------------------

    def _row(self, token: str | None) -> Row:
        row = token and self._store.one("SELECT * FROM session WHERE token = ?", _digest(token))
        if not row:
            raise Refused("session-over")
        return row

    def _must_be_open_to_codes(self, visitor: TokenHolder) -> int:
        """How many codes of this session were wrong so far. Refuses name-not-confirmed,
        code-locked."""
        if not visitor.named:
            raise Refused("name-not-confirmed")
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
            proofs=_proofs(visitor, self.faces_closed),
        )


def _proofs(visitor: TokenHolder, faces_closed: CentreWords | None) -> tuple[Proof, ...]:
    """The ways in that raise the visitor's level, and the level after each."""
    sms, face = level_of(visitor.shown | {Factor.KNOWN}), level_of(visitor.shown | {Factor.ARE})
    ways = (
        Proof(way="sms", level=sms, available=True, hint=mask_phone(visitor.person["phone"])),
        Proof(way="face", level=face, available=not faces_closed, reason=faces_closed),
    )
    return tuple(proof for proof in ways if proof.level > visitor.level)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _latin(name: str) -> str:
    return " ".join(name.split()).casefold()


def _same_name(card: CardEvidence, person: Row) -> bool:
    """Whether card and person have the same name: Chinese, or Latin on a card without a Chinese
    name."""
    name = normal_name(card.name.reveal())
    if name:
        return name == normal_name(person["name"])
    return _latin(card.name_latin.reveal()) == _latin(person["name_latin"])


def _begins_name(card: CardEvidence, person: Row) -> bool:
    """Whether the chip has cut the name, and the name on file begins with the rest on the chip."""
    name = normal_name(card.name.reveal())
    if name:
        return card.name_cut and normal_name(person["name"]).startswith(name)
    latin = _latin(card.name_latin.reveal())
    return card.name_cut and bool(latin) and _latin(person["name_latin"]).startswith(latin)

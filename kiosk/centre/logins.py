"""The calls of the ways in that need more than one: a code on the phone, a key for the PIN pad."""

from __future__ import annotations

from typing import Protocol, TypeVar

from pydantic import TypeAdapter

from kiosk.centre.evidence import PhoneLogin, PhoneLoginState, PinKey
from kiosk.centre.transport import Call

T = TypeVar("T")


class _AskLogin(Protocol):
    def __call__(self, call: Call, answer: TypeAdapter[T]) -> T: ...


class _SendLogin(Protocol):
    def __call__(self, call: Call, good: tuple[int, ...]) -> bytes: ...


class Logins:
    """Part of a :class:`kiosk.centre.client.CentreClient`, with its errors. ``ask`` sends a call
    and gives its answer; ``send`` sends one that has no answer."""

    def __init__(self, ask: _AskLogin, send: _SendLogin) -> None:
        self._ask = ask
        self._send = send

    def open_phone(self) -> PhoneLogin:
        """Open a login for the citizen's phone, for the session where there is one. Every older
        code of this terminal is void then. Refusal: way-closed."""
        return self._ask(Call("POST", "/v1/logins"), _PHONE_LOGIN)

    def phone_state(self, login: str) -> PhoneLoginState:
        """How far the phone is."""
        return self._ask(Call("GET", "/v1/logins/{id}", id=login), _PHONE_STATE)

    def void_phone(self, login: str) -> None:
        """Make the code worthless: its page was left. Also right when it is over already."""
        self._send(Call("DELETE", "/v1/logins/{id}", id=login), (204,))

    def pin_key(self) -> PinKey:
        """A key for the PIN of the bank card that opened the session. Refusal: way-closed."""
        return self._ask(Call("GET", "/v1/sessions/current/pin-key"), _PIN_KEY)


_PHONE_LOGIN = TypeAdapter(PhoneLogin)
_PHONE_STATE = TypeAdapter(PhoneLoginState)
_PIN_KEY = TypeAdapter(PinKey)

"""Commands, responses and what is fetched behind them; a card that never comes to an end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Reason
from drivers.smart_card.apdu import MAX_DATA, Card, CommandApdu, Response, decode_response, meaning
from drivers.smart_card.ssc import NAME


class ApduScript:
    """Says its answers one after another, the last one for ever; keeps what it was asked."""

    def __init__(self, *answers: str) -> None:
        self._answers = [bytes.fromhex(answer) for answer in answers]
        self.asked: list[str] = []

    def __call__(self, apdu: bytes) -> bytes:
        self.asked.append(apdu.hex().upper())
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.mark.parametrize(
    ("command", "t0", "t1"),
    [
        (CommandApdu(0, 0xA4, 4, 0), "00A40400", "00A40400"),
        (CommandApdu(0, 0xB2, 1, 0x0C, le=256), "00B2010C00", "00B2010C00"),
        (CommandApdu(0, 0xB2, 7, 0, le=11), "00B207000B", "00B207000B"),
        (CommandApdu(0, 0xA4, 2, 0, b"\xef\x05"), "00A4020002EF05", "00A4020002EF05"),
        (
            CommandApdu(0, 0xA4, 4, 0, b"1PAY.SYS.DDF01", 256),
            "00A404000E315041592E5359532E4444463031",
            "00A404000E315041592E5359532E444446303100",
        ),
    ],
)
def test_the_bytes_of_a_command(command: CommandApdu, t0: str, t1: str) -> None:
    assert command.encode(t0=True).hex().upper() == t0
    assert command.encode(t0=False).hex().upper() == t1


def test_the_selection_of_a_social_security_card_is_the_published_one() -> None:
    script = ApduScript("9000")
    assert Card(script, t0=True).select(NAME).ok
    assert script.asked == ["00A404000F7378312E73682EC9E7BBE1B1A3D5CF"]


@pytest.mark.parametrize(
    ("answers", "asked", "data", "status"),
    [
        (["AABB9000"], ["00B2010C00"], "AABB", 0x9000),
        (["6A83"], ["00B2010C00"], "", 0x6A83),
        (["6C02", "AABB9000"], ["00B2010C00", "00B2010C02"], "AABB", 0x9000),
        (["6102", "AABB9000"], ["00B2010C00", "00C0000002"], "AABB", 0x9000),
        (["AA6101", "BB9000"], ["00B2010C00", "00C0000001"], "AABB", 0x9000),
        (
            ["61FF", "6C01", "AA6100", "BB6283"],
            ["00B2010C00", "00C00000FF", "00C0000001", "00C0000000"],
            "AABB",
            0x6283,
        ),
    ],
)
def test_what_is_fetched(answers: list[str], asked: list[str], data: str, status: int) -> None:
    script = ApduScript(*answers)
    response = Card(script, t0=True).read_record(1, 0x0C)
    assert (response.data.hex().upper(), response.status) == (data, status)
    assert script.asked == asked


@pytest.mark.parametrize("answer", ["6C10", "6110", "AA" * 255 + "61FF"])
def test_a_card_without_end(answer: str) -> None:
    script = ApduScript(answer)
    with pytest.raises(DeviceError) as caught:
        Card(script, t0=True).read_record(1, 0x0C)
    assert caught.value.reason is Reason.CARD_UNREADABLE
    assert len(script.asked) <= 32


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_less_than_a_status(raw: bytes) -> None:
    with pytest.raises(DeviceError) as caught:
        decode_response(raw)
    assert caught.value.reason is Reason.GARBLED


def test_a_status_says_what_it_means_and_a_response_hides_its_data() -> None:
    assert meaning(0x6A82) == "6A82 file not found"
    assert meaning(0x6A99) == "6A99"
    assert repr(Response(b"secret", 0x9000)) == "Response(9000 ok)"


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=40), st.booleans())
def test_any_answers_are_a_response_or_a_device_error(answers: list[bytes], t0: bool) -> None:
    card = Card(ApduScript(*(answer.hex() for answer in answers)), t0=t0)
    response, reason = None, None
    try:
        response = card.select(b"1PAY.SYS.DDF01")
    except DeviceError as error:
        reason = error.reason
    assert reason in (None, Reason.CARD_UNREADABLE, Reason.GARBLED)
    assert response is None or len(response.data) <= MAX_DATA

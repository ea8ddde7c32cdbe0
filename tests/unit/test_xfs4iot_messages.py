"""XFS4IoT messages: published examples, every form and version, and any bytes at all."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Reason, State
from drivers.xfs4iot.failures import REFUSALS, FailedError, status_of
from drivers.xfs4iot.messages import (
    Command,
    Completion,
    CompletionCode,
    ErrorCode,
    Header,
    MessageType,
    Payload,
    XfsMessage,
    choose,
    decode,
    encode,
)
from drivers.xfs4iot.payloads import (
    COMMANDS,
    AcknowledgeEnter,
    AcknowledgeExit,
    CameraName,
    Cancel,
    Capabilities,
    ChipAnswer,
    ChipIO,
    ChipProtocol,
    Codes,
    ControlMedia,
    DeviceState,
    EncryptedPin,
    EntryCompletion,
    GetCapabilities,
    GetPinBlock,
    GetServices,
    GetStatus,
    GetStorage,
    ImportKey,
    KeyPressed,
    LightState,
    MoveCard,
    Photo,
    PinEntered,
    PinEntry,
    PrintNative,
    PrintRaw,
    RawData,
    ReadBarcode,
    ReadRawData,
    RegisterVendorMode,
    ResetBarcodeReader,
    ResetCamera,
    ResetCardReader,
    ResetPinPad,
    ResetPrinter,
    RetractMedia,
    Services,
    SetVersions,
    StatusFacts,
    Storage,
    SwitchLights,
    TakePicture,
)
from tests.contract.xfs4iot_forms import check_payload, forms, known
from tests.contract.xfs4iot_forms import form as form_of

SECRET = "9999990000000000014"
EXAMPLES: tuple[Command[Any], ...] = (
    GetServices(),
    GetStatus(),
    GetCapabilities(),
    SetVersions(commands={"Printer.PrintRaw": 3}, events={"Common.StatusChangedEvent": 3}),
    Cancel(request_ids=[4]),
    PrintRaw(data=b"\x1b@h"),
    PrintNative(data=b"%PDF-1.7"),
    PrintNative(data=b"%PDF-1.7", move="", paper_source="lower"),
    ControlMedia(move="eject"),
    RetractMedia(media_control="unit1"),
    ResetPrinter(),
    ResetPrinter(media_control="unit1"),
    GetStorage(),
    ReadRawData(),
    ChipIO(chip_protocol=ChipProtocol.T0, chip_data=b"\x00\xa4\x04\x00"),
    MoveCard(origin="transport", goal="exit"),
    ResetCardReader(to="exit"),
    ReadBarcode(),
    ReadBarcode(symbologies={"qrCode": True}),
    ResetBarcodeReader(),
    TakePicture(camera=CameraName.PERSON),
    ResetCamera(),
    SwitchLights(lights={"cardReader": LightState(flash_rate="medium", color="green")}),
    SwitchLights(lights={"scanner": LightState(flash_rate="off")}, position="left"),
    PinEntry(shortest=4, longest=12, auto_end=False),
    ResetPinPad(),
    GetPinBlock(customer_data=SECRET[:-1], key="TPK"),
    ImportKey(key="TPK", algorithm="T", value=bytes(16), decrypt_key="TMK"),
    RegisterVendorMode(app_name="terminal"),
    AcknowledgeEnter(),
    AcknowledgeExit(),
)
FORMS = (
    Capabilities,
    ChipAnswer,
    Codes,
    Completion,
    EncryptedPin,
    KeyPressed,
    Photo,
    PinEntered,
    RawData,
    Services,
    StatusFacts,
    Storage,
)


def command(form: Command[Any], number: int, version: str, timeout: int) -> str:
    header = Header(
        type=MessageType.COMMAND,
        name=form.NAME,
        version=version,
        request_id=number,
        timeout=timeout,
    )
    return encode(header, form.body(int(version[0])))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            command(PrintRaw(data=b"\x1b@h"), 4, "3.0", 5000),
            '{"header":{"type":"command","name":"Printer.PrintRaw","requestId":4,"version":"3.0",'
            '"timeout":5000},"payload":{"inputData":"no","data":"G0Bo"}}',
        ),
        (
            command(TakePicture(camera=CameraName.PERSON), 5, "2.0", 5000),
            '{"header":{"type":"command","name":"Camera.TakePicture","requestId":5,"version":"2.0",'
            '"timeout":5000},"payload":{"camera":"person"}}',
        ),
        (
            command(
                SwitchLights(lights={"cardReader": LightState(flash_rate="medium", color="green")}),
                6,
                "3.0",
                5000,
            ),
            '{"header":{"type":"command","name":"Lights.SetLight","requestId":6,"version":"3.0",'
            '"timeout":5000},"payload":{"cardReader":{"default":{"flashRate":"medium",'
            '"color":"green"}}}}',
        ),
        (
            command(GetStatus(), 1, "2.0", 900),
            '{"header":{"type":"command","name":"Common.Status","requestId":1,"version":"2.0",'
            '"timeout":900}}',
        ),
    ],
)
def test_what_is_written(said: str, expected: str) -> None:
    assert json.loads(said) == json.loads(expected)


def test_what_is_read() -> None:
    ended = decode(
        '{"header":{"type":"completion","name":"CardReader.ReadRawData","requestId":3,'
        '"version":"3.0","completionCode":"success"},"payload":{"track2":{"data":"NjIx"},'
        '"chip":[{"data":"O2gA"}]}}'
    )
    assert (ended.header.type, ended.header.request_id) == (MessageType.COMPLETION, 3)
    assert ended.code is CompletionCode.SUCCESS
    chip = ended.read(RawData).chip
    assert chip is not None
    assert [one.data for one in chip] == [b"\x3bh\x00"]
    failed = decode(
        b'{"header":{"type":"completion","name":"Printer.PrintRaw","requestId":4,"version":"3.0",'
        b'"completionCode":"commandErrorCode"},"payload":{"errorCode":"paperOut"}}'
    )
    assert failed.code is CompletionCode.COMMAND_ERROR_CODE
    assert failed.read(Completion).error_code is ErrorCode.PAPER_OUT
    happened = decode(
        '{"header":{"type":"unsolicited","name":"CardReader.MediaRemovedEvent","version":"2.0"}}'
    )
    assert (happened.header.type, happened.header.request_id) == (MessageType.UNSOLICITED, None)


@pytest.mark.parametrize(
    ("header", "payload", "expected"),
    [
        ("", "{}", CompletionCode.SUCCESS),
        ("", "null", CompletionCode.SUCCESS),
        (',"completionCode":null', "{}", CompletionCode.SUCCESS),
        (',"completionCode":"success"', "{}", CompletionCode.SUCCESS),
        (',"completionCode":"timeOut"', "{}", CompletionCode.TIME_OUT),
        (',"completionCode":"brandNew"', "{}", CompletionCode.UNKNOWN),
        ("", '{"completionCode":"hardwareError"}', CompletionCode.HARDWARE_ERROR),
        ("", '{"completionCode":"success"}', CompletionCode.SUCCESS),
    ],
)
def test_how_a_command_ended(header: str, payload: str, expected: CompletionCode) -> None:
    text = (
        f'{{"header":{{"type":"completion","name":"a.b","requestId":1,"version":"2.0"{header}}},'
        f'"payload":{payload}}}'
    )
    assert decode(text).code is expected


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.NAME)
@pytest.mark.parametrize("major", [2, 3])
def test_every_command_keeps_to_the_published_form(example: Command[Any], major: int) -> None:
    if major == 3 and not known(3, "command", example.NAME):
        return  # version 2 is its newest
    written = json.loads(command(example, 1, f"{major}.0", 1000))
    check_payload(major, "command", example.NAME, written.get("payload"))


@pytest.mark.parametrize("facts", ["status", "capabilities"])
def test_what_is_read_stands_in_the_published_forms(facts: str) -> None:
    form = StatusFacts if facts == "status" else Capabilities
    hints = get_type_hints(form)
    read = {
        field.encode_name: [
            one
            for one in get_args(hints[field.name])
            if isinstance(one, type) and issubclass(one, Payload)
        ]
        for field in msgspec.structs.fields(form)
    }
    known = {
        kind: {
            field
            for major in (2, 3)
            for field in forms(major)["$defs"].get(f"{kind} {facts}", {}).get("properties", ())
        }
        for kind in read
    }
    for kind, payloads in read.items():
        for payload in payloads:
            if known[kind]:
                assert set(payload.__struct_encode_fields__) <= known[kind], kind


def test_the_excerpt_names_only_what_is_in_it() -> None:
    for major in (2, 3):
        for name in forms(major)["$defs"]:
            form_of(major, name)


def test_every_command_has_an_example() -> None:
    assert {type(one) for one in EXAMPLES} == set(COMMANDS)
    assert len({one.NAME for one in COMMANDS}) == len(COMMANDS)


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        (["2.0"], "2.0"),
        (["3.0"], "3.0"),
        (["2.1", "3.4"], "3.4"),
        (["3.9", "3.10", "2.0"], "3.10"),
        (["1.0", "2.0"], "2.0"),
        (["2.0", "4.0"], "2.0"),
        (["1.0"], None),
        (["4.0"], None),
        ([], None),
        (["3", "3.x", "03.0", "", "3.01", "²3.0"], None),
    ],
)
def test_the_highest_version_that_both_know(offered: list[str], expected: str | None) -> None:
    assert choose(offered, (2, 3)) == expected


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.NAME)
def test_nothing_shows_what_stands_in_it(example: Command[Any]) -> None:
    assert repr(example) == f"{type(example).__name__}()"


def test_neither_messages_nor_errors_show_what_stands_in_them() -> None:
    text = f'{{"header":{{"type":"event","name":"a.b"}},"payload":{{"chipData":"{SECRET}!"}}}}'
    message = decode(text)
    assert SECRET not in repr(message)
    with pytest.raises(DeviceError) as caught:
        message.read(ChipAnswer)
    assert caught.value.reason is Reason.GARBLED
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__
    with pytest.raises(DeviceError) as caught:
        decode(f'{{"header":{{"type":"event","name":{SECRET}}}}}')
    assert SECRET not in str(caught.value)
    message = decode(f'{{"header":{{"type":"event","name":"{SECRET}"}},"payload":7}}')
    with pytest.raises(DeviceError) as caught:
        message.read(ChipAnswer)
    assert SECRET not in str(caught.value)


def test_a_digit_is_not_even_read() -> None:
    text = '{"header":{"type":"event","name":"a"},"payload":{"completion":"continue","digit":"x"}}'
    pressed = decode(text).read(KeyPressed)
    assert pressed.__struct_fields__ == ("completion",)
    assert pressed.completion is EntryCompletion.CONTINUE


# -- any bytes ------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["online", "jammed", "success", "O2gA", "2.0", "unit1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=4)
            | st.sampled_from(
                [
                    *("common", "device", "printer", "paper", "media", "chip", "data", "errorCode"),
                    *("interfaces", "commands", "versions", "storage", "services", "readOutput"),
                    *("auxiliaries", "UPS", "volume", "completionCode", "digits", "chipData"),
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


def refusal(act: Callable[[], object]) -> Reason | None:
    try:
        act()
    except DeviceError as error:
        return error.reason
    return None


@given(st.binary() | st.text() | JSON.map(json.dumps))
def test_any_frame_is_a_message_or_garbled(data: bytes | str) -> None:
    assert refusal(lambda: decode(data)) in (None, Reason.GARBLED)


@given(
    st.fixed_dictionaries(
        {"type": st.sampled_from(MessageType) | st.text(max_size=8), "name": st.text(max_size=8)},
        optional={
            "version": st.text(max_size=4),
            "requestId": st.none() | st.integers(0, 2**40),
            "timeout": st.none() | st.integers(),
            "status": st.none() | st.text(max_size=8),
            "completionCode": st.none() | st.text(max_size=8),
            "vendor": JSON,
        },
    ),
    JSON,
    st.sampled_from(FORMS),
)
def test_any_payload_is_read_or_garbled(header: Any, payload: Any, form: Any) -> None:
    message = decode(json.dumps({"header": header, "payload": payload, "more": payload}))
    assert isinstance(message, XfsMessage)
    for read in (lambda: message.read(form), lambda: message.code):
        assert refusal(read) in (None, Reason.GARBLED)


@pytest.mark.parametrize("data", ["[" * 200_000, '{"header":' * 100_000, b"\xff\xfe{}", b"", "{}"])
def test_what_is_no_message(data: bytes | str) -> None:
    with pytest.raises(DeviceError) as caught:
        decode(data)
    assert (caught.value.reason, caught.value.pages) == (Reason.GARBLED, None)


# -- meanings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CompletionCode)
def test_every_end_has_a_reason(code: CompletionCode) -> None:
    error = FailedError("A.B", code)
    assert code.value in error.detail
    if code in REFUSALS:
        refused = (Reason.OFFLINE, Reason.UNSUPPORTED, Reason.NOT_AUTHORISED, Reason.GARBLED)
        assert error.reason in refused


@pytest.mark.parametrize("error", ErrorCode)
def test_every_error_has_a_reason(error: ErrorCode) -> None:
    failed = FailedError("A.B", CompletionCode.COMMAND_ERROR_CODE, error)
    assert failed.detail == f"A.B: {error.value}"
    again = pickle.loads(pickle.dumps(failed))
    assert type(again) is DeviceError
    assert (again.reason, again.detail, again.pages) == (failed.reason, failed.detail, 0)


@pytest.mark.parametrize("state", DeviceState)
def test_every_state_of_a_device(state: DeviceState) -> None:
    status = status_of(state)
    usable = state in (DeviceState.ONLINE, DeviceState.DEVICE_BUSY)
    assert status.usable is usable
    assert bool(status.detail) is not usable
    unknown = state is DeviceState.UNKNOWN
    assert (status.state is State.UNKNOWN) is unknown
    assert (status.problem is None) is (usable or unknown)


def test_a_device_that_says_nothing_is_unknown() -> None:
    assert status_of(None).state is State.UNKNOWN


CASES: tuple[Callable[[str], str], ...] = (str, str.upper, str.lower, str.title)


@pytest.mark.parametrize("case", CASES)
def test_names_and_values_are_read_in_any_case(case: Callable[[str], str]) -> None:
    """Services made with KAL's framework write some names as the standard does not."""
    auxiliaries = {case("UPS"): {case("low"): True, case("engaged"): True}}
    device = {case("device"): case("hardwareError")}
    message = decode(
        json.dumps(
            {
                case("header"): {
                    case("type"): case("unsolicited"),
                    case("name"): case("Common.StatusChangedEvent"),
                    case("requestId"): 5,
                },
                case("payload"): {case("common"): device, case("auxiliaries"): auxiliaries},
            }
        )
    )
    assert message.header.type is MessageType.UNSOLICITED
    assert message.header.request_id == 5
    assert message.is_named(StatusFacts.EVENT)
    facts = message.read(StatusFacts)
    assert facts.common is not None
    assert facts.common.device is DeviceState.HARDWARE_ERROR
    assert facts.auxiliaries is not None
    assert facts.auxiliaries.ups is not None
    assert facts.auxiliaries.ups.low


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("values", [CompletionCode, ErrorCode, DeviceState, EntryCompletion])
def test_every_value_is_read_in_any_case(values: Any, case: Callable[[str], str]) -> None:
    for value in values:
        assert values(case(value)).casefold() == value.casefold()


@pytest.mark.parametrize("case", CASES)
def test_lights_are_found_in_any_case(case: Callable[[str], str]) -> None:
    one = {"flashRate": {"off": True}}
    for lights in ({case("cardReader"): one}, {case("lights"): {case("cardReader"): one}}):
        payload = {"lights": lights}
        told = decode(
            json.dumps({"header": {"type": "completion", "name": "x"}, "payload": payload})
        )
        assert told.read(Capabilities).light_names() == {"cardreader": case("cardReader")}

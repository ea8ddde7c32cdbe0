"""The XFS4IoT messages that the drivers use: commands, completions, events and their values.

The classes have only the fields that a driver reads or writes; ``assets/xfs4iot`` has the published
forms of each version. Commands are written in the agreed version. Completions and events of
versions 2 and 3 share a class, since version 3 only added fields.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from drivers.xfs4iot.messages import Command, Completion, Named, Payload

_PIN_KEYS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("clear", "backspace"),
)

# -- ServicePublisher -----------------------------------------------------------------------------


class PublishedService(Payload, frozen=True, kw_only=True, rename={"service_uri": "serviceURI"}):
    service_uri: str | None = None


class Services(Completion, frozen=True, kw_only=True):
    """Completion of ``GetServices``, and payload of ``ServicePublisher.ServiceDetailEvent``."""

    EVENT: ClassVar = "ServicePublisher.ServiceDetailEvent"

    services: list[PublishedService] | None = None


class GetServices(Command[Services], frozen=True, kw_only=True):
    NAME = "ServicePublisher.GetServices"
    COMPLETION = Services


# -- Common: status -------------------------------------------------------------------------------


class DeviceState(Named):
    ONLINE = "online"
    OFFLINE = "offline"
    POWER_OFF = "powerOff"
    NO_DEVICE = "noDevice"
    HARDWARE_ERROR = "hardwareError"
    USER_ERROR = "userError"
    DEVICE_BUSY = "deviceBusy"
    FRAUD_ATTEMPT = "fraudAttempt"
    POTENTIAL_FRAUD = "potentialFraud"
    STARTING = "starting"
    UNKNOWN = "unknown"


class CommonStatus(Payload, frozen=True, kw_only=True):
    device: DeviceState | None = None


class MediaState(Named):
    """``media`` of CardReader and Printer."""

    UNKNOWN = "unknown"
    PRESENT = "present"
    NOT_PRESENT = "notPresent"
    JAMMED = "jammed"
    ENTERING = "entering"  # the card or paper lies in the slot
    LATCHED = "latched"
    RETRACTED = "retracted"


class SupplyState(Named):
    """The state of paper or toner."""

    UNKNOWN = "unknown"
    FULL = "full"
    LOW = "low"
    OUT = "out"
    JAMMED = "jammed"


class BinState(Named):
    """The state of a retract bin; version 3 splits it into two fields, fill and condition."""

    UNKNOWN = "unknown"
    OK = "ok"
    HIGH = "high"
    FULL = "full"
    MISSING = "missing"
    INOPERATIVE = "inoperative"
    NOT_CONFIGURED = "notConfigured"
    MANIPULATED = "manipulated"


class RetractBin(Payload, frozen=True, kw_only=True):
    state: BinState | None = None


class CardReaderStatus(Payload, frozen=True, kw_only=True):
    media: MediaState | None = None


class PrinterStatus(Payload, frozen=True, kw_only=True):
    media: MediaState | None = None
    paper: dict[str, SupplyState | None] | None = None  # by paper source: "upper", "lower", …
    toner: SupplyState | None = None
    retract_bins: list[RetractBin] | None = None  # version 2; version 3 has storage units


class ScannerState(Named):
    ON = "on"
    OFF = "off"
    INOPERATIVE = "inoperative"
    UNKNOWN = "unknown"


class BarcodeReaderStatus(Payload, frozen=True, kw_only=True):
    scanner: ScannerState | None = None


class CameraState(Named):
    OK = "ok"
    INOP = "inop"
    INOPERATIVE = "inoperative"
    UNKNOWN = "unknown"


class CameraStatus(Payload, frozen=True, kw_only=True):
    cameras: dict[str, CameraState | None] | None = None

    def state_of(self, camera: str) -> CameraState | None:
        told = {name.casefold(): state for name, state in (self.cameras or {}).items()}
        return told.get(camera.casefold())


class OnOff(Named):
    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


class DoorState(Named):
    CLOSED = "closed"
    OPEN = "open"
    LOCKED = "locked"
    BOLTED = "bolted"
    TAMPERED = "tampered"
    UNKNOWN = "unknown"


class Presence(Named):
    PRESENT = "present"
    NOT_PRESENT = "notPresent"
    UNKNOWN = "unknown"


class UpsStatus(Payload, frozen=True, kw_only=True):
    low: bool | None = None
    engaged: bool | None = None
    powering: bool | None = None


class AuxiliariesStatus(
    Payload,
    frozen=True,
    kw_only=True,
    rename={
        "proximity_sensor": "proximitySensor",
        "operator_call_button_sensor": "operatorCallButtonSensor",
        "cabinet_door": "cabinetDoor",
        "cabinet_front_door": "cabinetFrontDoor",
        "cabinet_rear_door": "cabinetRearDoor",
        "cabinet_left_door": "cabinetLeftDoor",
        "cabinet_right_door": "cabinetRightDoor",
        "safe_door": "safeDoor",
        "ups": "UPS",
    },
):
    proximity_sensor: Presence | None = None
    operator_call_button_sensor: OnOff | None = None
    cabinet_door: DoorState | None = None
    cabinet_front_door: DoorState | None = None
    cabinet_rear_door: DoorState | None = None
    cabinet_left_door: DoorState | None = None
    cabinet_right_door: DoorState | None = None
    safe_door: DoorState | None = None
    ups: UpsStatus | None = None
    volume: int | None = None  # 1 to 1000


class VendorModeDevice(Named):
    ONLINE = "online"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class VendorModeState(Named):
    ENTER_PENDING = "enterPending"
    ACTIVE = "active"
    EXIT_PENDING = "exitPending"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


class VendorModeStatus(Payload, frozen=True, kw_only=True):
    device: VendorModeDevice | None = None
    service: VendorModeState | None = None


class StatusFacts(Completion, frozen=True, kw_only=True):
    """Completion of ``Common.Status``, and payload of its event, which has only changed fields."""

    EVENT: ClassVar = "Common.StatusChangedEvent"

    common: CommonStatus | None = None
    card_reader: CardReaderStatus | None = None
    printer: PrinterStatus | None = None
    barcode_reader: BarcodeReaderStatus | None = None
    camera: CameraStatus | None = None
    auxiliaries: AuxiliariesStatus | None = None
    vendor_mode: VendorModeStatus | None = None


class GetStatus(Command[StatusFacts], frozen=True, kw_only=True):
    NAME = "Common.Status"
    COMPLETION = StatusFacts


# -- Common: capabilities, versions, cancel -------------------------------------------------------


class Versions(Payload, frozen=True, kw_only=True):
    versions: list[str] | None = None


class Interface(Payload, frozen=True, kw_only=True):
    name: str | None = None
    commands: dict[str, Versions | None] | None = None
    events: dict[str, Versions | None] | None = None


class Firmware(Payload, frozen=True, kw_only=True):
    firmware_version: str | None = None


class DeviceInformation(Payload, frozen=True, kw_only=True):
    model_name: str | None = None
    serial_number: str | None = None
    firmware: list[Firmware] | None = None


class CommonCapabilities(Payload, frozen=True, kw_only=True):
    device_information: list[DeviceInformation] | None = None


class PrinterCapabilities(Payload, frozen=True, kw_only=True):
    type: dict[str, bool | None] | None = None  # "receipt", "document", …
    media_taken: bool | None = None


class ReaderType(Named):
    MOTOR = "motor"
    LATCHED_DIP = "latchedDip"
    CONTACTLESS = "contactless"
    INTELLIGENT_CONTACTLESS = "intelligentContactless"
    UNKNOWN = "unknown"  # another one that never holds a card: "dip", "swipe", …


class CardReaderCapabilities(Payload, frozen=True, kw_only=True):
    type: ReaderType | None = None


class Capabilities(Completion, frozen=True, kw_only=True):
    """Completion of ``Common.Capabilities``. ``lights``: see :meth:`light_names`."""

    interfaces: list[Interface] | None = None
    common: CommonCapabilities | None = None
    printer: PrinterCapabilities | None = None
    card_reader: CardReaderCapabilities | None = None
    lights: dict[str, Any] | None = None

    def light_names(self) -> dict[str, str]:
        """The service's names of the lights by the name in lower case; empty when the service does
        not list them. Version 2 has the names in ``lights``, version 3 in ``lights`` inside
        ``lights``, beside a flag."""
        told = {name.casefold(): one for name, one in (self.lights or {}).items()}
        lights = told.get("lights", self.lights)
        if not isinstance(lights, dict):
            return {}
        return {name.casefold(): name for name, one in lights.items() if isinstance(one, dict)}


class GetCapabilities(Command[Capabilities], frozen=True, kw_only=True):
    NAME = "Common.Capabilities"
    COMPLETION = Capabilities


class SetVersions(Command[Completion], frozen=True, kw_only=True):
    """Sets the major version of each message on this connection, by message name."""

    NAME = "Common.SetVersions"

    commands: dict[str, int] | None = None
    events: dict[str, int] | None = None


class Cancel(Command[Completion], frozen=True, kw_only=True):
    NAME = "Common.Cancel"

    request_ids: list[int]


# -- Printer --------------------------------------------------------------------------------------


class PrintRaw(Command[Completion], frozen=True, kw_only=True):
    """Sends bytes to the printer unchanged; reads no answer of the printer."""

    NAME = "Printer.PrintRaw"

    data: bytes

    def body(self, major: int) -> dict[str, Any]:
        return {"inputData": "no", "data": self.data}


class PrintNative(Command[Completion], frozen=True, kw_only=True):
    """Prints a document in the printer's own format, here PDF, and then moves the paper.

    ``move`` is a name of version 3: "eject", "expel", "stack"; "": the printer decides.
    """

    NAME = "Printer.PrintNative"

    data: bytes
    move: str = "eject"
    paper_source: str = ""

    def body(self, major: int) -> dict[str, Any]:
        body: dict[str, Any] = {"data": self.data}
        if self.move:  # version 2 has a flag for every movement
            body["mediaControl"] = {self.move: True} if major == 2 else {"move": self.move}
        if self.paper_source:
            body["paperSource"] = self.paper_source
        return body


class ControlMedia(Command[Completion], frozen=True, kw_only=True):
    """Moves the paper; ``move`` as in :class:`PrintNative`."""

    NAME = "Printer.ControlMedia"

    move: str

    def body(self, major: int) -> dict[str, Any]:
        return {"mediaControl": {self.move: True} if major == 2 else {"move": self.move}}


class RetractMedia(Command[Completion], frozen=True, kw_only=True):
    """Retracts paper that nobody took, to "transport" or a bin, "unit1"."""

    NAME = "Printer.RetractMedia"

    media_control: str


class ResetPrinter(Command[Completion], frozen=True, kw_only=True):
    NAME = "Printer.Reset"

    media_control: str | None = None


class PrinterEvent(Named):
    MEDIA_PRESENTED = "Printer.MediaPresentedEvent"
    MEDIA_PRESENTED_UNSOLICITED = "Printer.MediaPresentedUnsolicitedEvent"
    MEDIA_TAKEN = "Printer.MediaTakenEvent"
    MEDIA_AUTO_RETRACTED = "Printer.MediaAutoRetractedEvent"
    UNKNOWN = ""


class RetractPlace(Named):
    """Where paper was retracted to; ``UNKNOWN``: jammed, or a bin, "unit1"."""

    TRANSPORT = "transport"
    UNKNOWN = "unknown"


class AutoRetracted(Payload, frozen=True, kw_only=True):
    """``Printer.MediaAutoRetractedEvent``."""

    result: RetractPlace | None = None


# -- Storage: the retract bins of version 3 -------------------------------------------------------


class BinFill(Payload, frozen=True, kw_only=True):
    replenishment_status: BinState | None = None


class PrinterStorage(Payload, frozen=True, kw_only=True):
    status: BinFill | None = None


class StorageUnit(Payload, frozen=True, kw_only=True):
    status: BinState | None = None
    printer: PrinterStorage | None = None


class Storage(Completion, frozen=True, kw_only=True):
    storage: dict[str, StorageUnit | None] | None = None


class GetStorage(Command[Storage], frozen=True, kw_only=True):
    NAME = "Storage.GetStorage"
    COMPLETION = Storage


# -- CardReader -----------------------------------------------------------------------------------


class CardData(Payload, frozen=True, kw_only=True):
    data: bytes | None = None


class RawData(Completion, frozen=True, kw_only=True):
    chip: list[CardData] | None = None  # the ATR; empty or without data for a card without chip


class ReadRawData(Command[RawData], frozen=True, kw_only=True):
    """Waits for a card and powers its chip. Never asks for a magnetic track."""

    NAME = "CardReader.ReadRawData"
    COMPLETION = RawData

    def body(self, major: int) -> dict[str, Any]:
        return {"chip": True}


class ChipProtocol(Named):
    T0 = "chipT0"
    T1 = "chipT1"
    ANY = "chipProtocolNotRequired"
    TYPE_A_PART_4 = "chipTypeAPart4"
    TYPE_B = "chipTypeB"
    UNKNOWN = "unknown"


class ChipAnswer(Completion, frozen=True, kw_only=True):
    chip_data: bytes | None = None


class ChipIO(Command[ChipAnswer], frozen=True, kw_only=True):
    """Sends one APDU to the chip (ISO/IEC 7816-4); its answer ends with the status word."""

    NAME = "CardReader.ChipIO"
    COMPLETION = ChipAnswer

    chip_protocol: ChipProtocol
    chip_data: bytes


class MoveCard(Command[Completion], frozen=True, kw_only=True):
    """Moves the card; ``origin`` and ``goal`` are "transport", "exit" or a storage unit,
    "unit1"."""

    NAME = "CardReader.Move"

    origin: str
    goal: str

    def body(self, major: int) -> dict[str, Any]:
        return {"from": self.origin, "to": self.goal}


class ResetCardReader(Command[Completion], frozen=True, kw_only=True):
    """``to``: "exit", "retain", "currentPosition" or "auto"."""

    NAME = "CardReader.Reset"

    to: str


class CardReaderEvent(Named):
    INSERT_CARD = "CardReader.InsertCardEvent"  # the reader is open and waits for a card
    MEDIA_INSERTED = "CardReader.MediaInsertedEvent"
    INVALID_MEDIA = "CardReader.InvalidMediaEvent"
    MEDIA_REMOVED = "CardReader.MediaRemovedEvent"
    UNKNOWN = ""


# -- BarcodeReader --------------------------------------------------------------------------------


class ReadOutput(Payload, frozen=True, kw_only=True):
    symbology: str | None = None
    barcode_data: bytes | None = None


class Codes(Completion, frozen=True, kw_only=True):
    read_output: list[ReadOutput] | None = None


class ReadBarcode(Command[Codes], frozen=True, kw_only=True):
    """Waits for a code. ``symbologies``: name to True for each that may be read; ``None``: all."""

    NAME = "BarcodeReader.Read"
    COMPLETION = Codes

    symbologies: dict[str, bool] | None = None


class ResetBarcodeReader(Command[Completion], frozen=True, kw_only=True):
    NAME = "BarcodeReader.Reset"


# -- Camera ---------------------------------------------------------------------------------------


class CameraName(Named):
    ROOM = "room"
    PERSON = "person"
    EXIT_SLOT = "exitSlot"


class Photo(Completion, frozen=True, kw_only=True):
    picture_file: bytes | None = None


class TakePicture(Command[Photo], frozen=True, kw_only=True):
    NAME = "Camera.TakePicture"
    COMPLETION = Photo

    camera: CameraName


class ResetCamera(Command[Completion], frozen=True, kw_only=True):
    NAME = "Camera.Reset"


# -- Lights ---------------------------------------------------------------------------------------


class LightState(Payload, frozen=True, kw_only=True):
    flash_rate: str  # "off", "slow", "medium", "quick", "continuous"
    color: str | None = None


class SwitchLights(Command[Completion], frozen=True, kw_only=True):
    """Switches lights by name, "cardReader"; ``position`` is "default" for a light with only
    one."""

    NAME = "Lights.SetLight"

    lights: dict[str, LightState]
    position: str = "default"

    def body(self, major: int) -> dict[str, Any]:
        if major == 2:  # version 2 has the position as a field, version 3 as a key
            return {
                name: {"position": self.position, **msgspec.to_builtins(state)}
                for name, state in self.lights.items()
            }
        return {name: {self.position: state} for name, state in self.lights.items()}


# -- Keyboard, PinPad, KeyManagement --------------------------------------------------------------


class EntryCompletion(Named):
    """The effect of a key; ``fk`` is any other function key."""

    AUTO = "auto"  # the last digit has ended the entry
    ENTER = "enter"
    CANCEL = "cancel"
    CONTINUE = "continue"
    CLEAR = "clear"
    BACKSPACE = "backspace"
    FDK = "fdk"
    HELP = "help"
    FK = "fk"
    CONT_FDK = "contFdk"
    UNKNOWN = "unknown"


class KeyPressed(Payload, frozen=True, kw_only=True):
    """``Keyboard.KeyEvent``. The driver never reads ``digit``, which is null in a PIN entry."""

    EVENT: ClassVar = "Keyboard.KeyEvent"

    completion: EntryCompletion | None = None


class PinEntered(Completion, frozen=True, kw_only=True):
    digits: int | None = None  # number of digits
    completion: EntryCompletion | None = None


class PinEntry(Command[PinEntered], frozen=True, kw_only=True):
    """Starts a PIN entry; the PIN stays in the pad. Lengths in digits.

    ``ending_keys`` and ``other_keys``: the active keys, by name, that end the entry or do not.
    """

    NAME = "Keyboard.PinEntry"
    COMPLETION = PinEntered

    shortest: int
    longest: int
    auto_end: bool
    ending_keys: tuple[str, ...] = ("enter", "cancel")
    other_keys: tuple[str, ...] = _PIN_KEYS

    def body(self, major: int) -> dict[str, Any]:
        keys = {key: {"terminate": False} for key in self.other_keys}
        keys |= {key: {"terminate": True} for key in self.ending_keys}
        return {
            "minLen": self.shortest,
            "maxLen": self.longest,
            "autoEnd": self.auto_end,
            "activeKeys": keys,
        }


class ResetPinPad(Command[Completion], frozen=True, kw_only=True):
    NAME = "PinPad.Reset"


class EncryptedPin(Completion, frozen=True, kw_only=True):
    pin_block: bytes | None = None


class GetPinBlock(Command[EncryptedPin], frozen=True, kw_only=True):
    """Encrypts the entered PIN. ``customer_data``: the PAN without its check digit."""

    NAME = "PinPad.GetPinBlock"
    COMPLETION = EncryptedPin

    customer_data: str
    key: str
    format: str = "iso0"  # ISO 9564-1 format 0
    crypto_method: str = "ecb"

    def body(self, major: int) -> dict[str, Any]:
        return {
            "customerData": self.customer_data,
            "padding": 15,
            "format": self.format,
            "key": self.key,
            "cryptoMethod": self.crypto_method,
        }


class KeyImported(Completion, frozen=True, kw_only=True):
    verification_data: bytes | None = None  # the check value that the pad has calculated


class ImportKey(Command[KeyImported], frozen=True, kw_only=True):
    """Loads a PIN key, encrypted (ECB) under ``decrypt_key``; the answer has the check value.

    ``algorithm`` as in ASC X9.143: "T" is TDEA; a digit is an algorithm of the vendor's choice
    (SM4).
    """

    NAME = "KeyManagement.ImportKey"
    COMPLETION = KeyImported

    key: str
    algorithm: str
    value: bytes
    decrypt_key: str

    def body(self, major: int) -> dict[str, Any]:
        return {
            "key": self.key,
            "keyAttributes": {
                "keyUsage": "P0",
                "algorithm": self.algorithm,
                "modeOfUse": "E",
            },
            "value": self.value,
            "constructing": False,
            "decryptKey": self.decrypt_key,
            "decryptMethod": "ecb",
            "verifyAttributes": {"cryptoMethod": "kcvZero"},
        }


# -- VendorMode -----------------------------------------------------------------------------------


class RegisterVendorMode(Command[Completion], frozen=True, kw_only=True):
    """Registers this client: from now on the service hands the machine over only when this client
    has agreed."""

    NAME = "VendorMode.Register"

    app_name: str


class AcknowledgeEnter(Command[Completion], frozen=True, kw_only=True):
    NAME = "VendorMode.EnterModeAcknowledge"


class AcknowledgeExit(Command[Completion], frozen=True, kw_only=True):
    NAME = "VendorMode.ExitModeAcknowledge"


class VendorModeEvent(Named):
    ENTER_REQUEST = "VendorMode.EnterModeRequestEvent"
    ENTERED = "VendorMode.ModeEnteredEvent"
    EXIT_REQUEST = "VendorMode.ExitModeRequestEvent"
    EXITED = "VendorMode.ModeExitedEvent"
    UNKNOWN = ""


COMMANDS: tuple[type[Command[Any]], ...] = (
    GetServices,
    GetStatus,
    GetCapabilities,
    SetVersions,
    Cancel,
    PrintRaw,
    PrintNative,
    ControlMedia,
    RetractMedia,
    ResetPrinter,
    GetStorage,
    ReadRawData,
    ChipIO,
    MoveCard,
    ResetCardReader,
    ReadBarcode,
    ResetBarcodeReader,
    TakePicture,
    ResetCamera,
    SwitchLights,
    PinEntry,
    ResetPinPad,
    GetPinBlock,
    ImportKey,
    RegisterVendorMode,
    AcknowledgeEnter,
    AcknowledgeExit,
)
"""All commands that the drivers use."""

EVENTS: tuple[str, ...] = (
    StatusFacts.EVENT,
    *(event for event in PrinterEvent if event),
    *(event for event in CardReaderEvent if event),
    KeyPressed.EVENT,
    *(event for event in VendorModeEvent if event),
)
"""Names of all events that the drivers use, without ``ServicePublisher.ServiceDetailEvent``, which
comes before versions are agreed on."""

"""The capabilities of the emulated services: interfaces, commands and events with versions."""

from __future__ import annotations

from typing import Any

LIGHTS = (
    "cardReader",
    "contactless",
    "pinPad",
    "receiptPrinter",
    "documentPrinter",
    "scanner",
    "fasciaLight",
)
_COMMON = {
    "Common": {
        "commands": {
            "Common.Status": (2,),
            "Common.Capabilities": (2,),
            "Common.SetVersions": (2,),
            "Common.Cancel": (2,),
        },
        "events": {"Common.StatusChangedEvent": (2, 3)},
    }
}
_PRINTER = {
    "Printer": {
        "commands": {
            "Printer.PrintRaw": (2, 3),
            "Printer.PrintNative": (2, 3),
            "Printer.ControlMedia": (2, 3),
            "Printer.RetractMedia": (2, 3),
            "Printer.Reset": (2, 3),
        },
        "events": {
            "Printer.MediaPresentedEvent": (2,),
            "Printer.MediaPresentedUnsolicitedEvent": (2,),
            "Printer.MediaTakenEvent": (2,),
            "Printer.MediaAutoRetractedEvent": (2, 3),
            "Printer.PaperThresholdEvent": (2,),
        },
    },
    "Storage": {"commands": {"Storage.GetStorage": (2,)}, "events": {}},
}
SERVICES: dict[str, dict[str, Any]] = {
    "ReceiptPrinter": _PRINTER,
    "DocumentPrinter": _PRINTER,
    "CardReader": {
        "CardReader": {
            "commands": {
                "CardReader.ReadRawData": (2,),
                "CardReader.ChipIO": (2, 3),
                "CardReader.Move": (2,),
                "CardReader.Reset": (2,),
            },
            "events": {
                "CardReader.InsertCardEvent": (2,),
                "CardReader.MediaInsertedEvent": (2,),
                "CardReader.InvalidMediaEvent": (2,),
                "CardReader.MediaRemovedEvent": (2,),
            },
        }
    },
    "BarcodeReader": {
        "BarcodeReader": {
            "commands": {"BarcodeReader.Read": (2,), "BarcodeReader.Reset": (2,)},
            "events": {},
        }
    },
    "Camera": {
        "Camera": {"commands": {"Camera.TakePicture": (2,), "Camera.Reset": (2,)}, "events": {}}
    },
    "PinPad": {
        "Keyboard": {
            "commands": {"Keyboard.PinEntry": (2,)},
            "events": {"Keyboard.KeyEvent": (2,)},
        },
        "PinPad": {
            "commands": {"PinPad.GetPinBlock": (2,), "PinPad.Reset": (2,)},
            "events": {},
        },
        "KeyManagement": {"commands": {"KeyManagement.ImportKey": (2, 3)}, "events": {}},
    },
    "Lights": {"Lights": {"commands": {"Lights.SetLight": (2, 3)}, "events": {}}},
    "Auxiliaries": {"Auxiliaries": {"commands": {}, "events": {}}},
    "VendorMode": {
        "VendorMode": {
            "commands": {
                "VendorMode.Register": (2,),
                "VendorMode.EnterModeAcknowledge": (2,),
                "VendorMode.ExitModeAcknowledge": (2,),
            },
            "events": {
                "VendorMode.EnterModeRequestEvent": (2,),
                "VendorMode.ExitModeRequestEvent": (2,),
                "VendorMode.ModeEnteredEvent": (2,),
                "VendorMode.ModeExitedEvent": (2,),
            },
        }
    },
}
"""Service to interface to messages, each with its major versions in the newest release."""

_NEWEST = {
    "completion": {
        "Common.Status": "3.0",
        "Common.Capabilities": "3.0",
        "Storage.GetStorage": "2.1",
        "Printer.PrintRaw": "3.0",
        "Printer.RetractMedia": "3.0",
        "CardReader.ReadRawData": "3.0",
        "CardReader.ChipIO": "3.0",
        "BarcodeReader.Read": "3.0",
        "Camera.TakePicture": "3.0",
        "PinPad.GetPinBlock": "3.0",
        "KeyManagement.ImportKey": "3.0",
    },
    "unsolicited": {
        "Common.StatusChangedEvent": "3.0",
        "Printer.MediaAutoRetractedEvent": "3.0",
    },
}
"""Versions of completions and events in the newest release; a command has versions of its own."""


def version(kind: str, name: str, major: int) -> str:
    """The version of a completion or event of a machine that knows versions up to ``major``."""
    newest = _NEWEST.get(kind, {}).get(name, "2.0")
    return newest if int(newest[0]) <= major else f"{major}.0"


def capabilities(service: str, major: int, minor: int, card_reader: str) -> dict[str, Any]:
    """The payload of ``Common.Capabilities`` of a machine that knows versions up to ``major``."""
    interfaces = [
        {
            "name": name,
            "commands": _versions(one["commands"], major, minor),
            **({"events": _versions(one["events"], major, minor)} if one["events"] else {}),
            "maximumRequests": 0,
        }
        for name, one in (_COMMON | SERVICES.get(service, {})).items()
        if major > 2 or name != "Storage"
    ]
    told: dict[str, Any] = {
        "interfaces": interfaces,
        "common": {
            "serviceVersion": "1.3.42",
            "deviceInformation": [
                {
                    "modelName": f"Emulated {service}",
                    "serialNumber": "EM0001",
                    "firmware": [{"firmwareName": "em", "firmwareVersion": "1.0.1"}],
                }
            ],
            "powerSaveControl": False,
            "antiFraudModule": False,
        },
    }
    match service:
        case "ReceiptPrinter" | "DocumentPrinter":
            receipt = service == "ReceiptPrinter"
            told["printer"] = {
                "type": {"receipt": receipt, "document": not receipt},
                "control": {"eject": True, "cut": True, "retract": True},
                "paperSources": {"upper": True},
                "mediaTaken": True,
                "mediaPresented": True,
                "autoRetractPeriod": 0,
                "retractToTransport": False,
            }
        case "CardReader":
            told["cardReader"] = {
                "type": card_reader,
                "chipProtocols": {"chipT0": True, "chipT1": True},
                "cardTakenSensor": True,
            }
        case "BarcodeReader":
            symbologies = {"qrCode": True, "code128": True}
            told["barcodeReader"] = {"canFilterSymbologies": True, "symbologies": symbologies}
        case "Camera":
            told["camera"] = {"cameras": {"person": True}}
        case "PinPad":
            told["keyboard"] = {"autoBeep": {"activeAvailable": True, "activeSelectable": False}}
            told["pinPad"] = {
                "pinFormats": {"iso0": True},
                "idcConnect": False,
                "pinCanPersistAfterUse": False,
            }
        case "Auxiliaries":
            told["auxiliaries"] = {
                "frontCabinet" if major == 2 else "cabinetDoor": {"closed": True, "open": True},
                "operatorCallButtonSensor": True,
                "proximitySensor": True,
                "ups": {"low": True, "engaged": True, "powering": True},
                "volume": 10,
            }
        case "Lights":
            lights = {name: _light(major) for name in LIGHTS}
            told["lights"] = lights
            if major > 2:
                told["lights"] = {"individualFlashRates": True, "lights": lights}
    return told


def _versions(messages: dict[str, tuple[int, ...]], major: int, minor: int) -> dict[str, Any]:
    """The versions of each message, up to ``major``. A message that exists only in newer versions
    gets ``major``."""
    known = {name: [one for one in majors if one <= major] for name, majors in messages.items()}
    return {
        name: {"versions": [f"{one}.{minor}" for one in majors or [major]]}
        for name, majors in known.items()
    }


def _light(major: int) -> dict[str, Any]:
    one = {
        "flashRate": {
            "off": True,
            "slow": True,
            "medium": True,
            "quick": True,
            "continuous": True,
        },
        "color": {"green": True, "red": True},
    }
    return one if major == 2 else {"default": one}  # version 2 has no lights by place

"""Targets for the parsers of files, of typed text, of the centre's answers and of our channels.

Each target imports its parser when it is made, so that atheris can instrument the parser.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from fuzz.inputs import words_of
from fuzz.target import Target, pieces


def settings_file() -> Target:
    """``terminal.toml`` with its profile, and each driver's settings in it."""
    from drivers import catalogue
    from drivers.device import DeviceError
    from kiosk import settings

    for driver in catalogue._DRIVERS.values():
        import_module(driver.partition(":")[0])
    memory = os.memfd_create("terminal.toml")
    path = Path(f"/proc/self/fd/{memory}")

    def read(data: bytes) -> None:
        os.ftruncate(memory, 0)
        os.pwrite(memory, data, 0)
        try:
            loaded = settings.load(path)
        except settings.SettingsError:
            return
        for kind, table in loaded.devices.items():
            with suppress(DeviceError):
                catalogue.create(
                    kind, table["driver"], {k: table[k] for k in table if k != "driver"}
                )

    own = (
        'terminal = "T0001"\nproduction = false\nrun_directory = "/run/kiosk"\n[screen]\n'
        'orientation = "landscape"\nfull_screen = true\n[centre]\nurl = "https://gjj.example"\n'
        'seal_roots = "root.pem"\nsealer = "O"\nread_s = 1e1\n[visit]\nidle_s = 60\n'
        '[devices.id_card]\ndriver = "sdt"\nport = "/dev/ttyS0"\n'
        '[devices.receipt_printer]\ndriver = "escpos"\naddress = "tcp://127.0.0.1:9100"\n'
        '[devices.document_printer]\ndriver = "ipp"\nuri = "ipp://127.0.0.1/ipp"\n'
    )
    profiles = [
        (resources.files("assets") / "profiles" / f"{name}.toml").read_bytes()
        for name in settings.profiles()
    ]
    others = (
        '[devices.camera]\ndriver = "opencv"\nsource = 0\nhost = "thread"\n'
        '[devices.code_scanner]\ndriver = "serial"\nport = "/dev/ttyS1"\ntrigger = "host"\n'
        '[devices.pin_pad]\ndriver = "serial"\nport = "/dev/ttyS2"\nbaud = 19200\n'
        '[devices.lights]\ndriver = "io_board"\nport = "/dev/ttyS3"\nunit = 7\n'
        '[devices.smart_card]\ndriver = "pcsc"\nreader = "IC"\n[devices.speaker]\n'
        'driver = "aplay"\n[devices.vendor_mode]\ndriver = "xfs4iot"\nmachine = "127.0.0.1"\n'
    )
    named = [f'profile = "{name}"\n{own}'.encode() for name in settings.profiles()]
    seeds = [own.encode(), (own + others).encode(), *named, *profiles]
    return Target(read, seeds, longest=2048, words=words_of(seeds))


def fault_script() -> Target:
    """Fault scripts, as people type them."""
    from drivers.emulators.orders import ALIASES, ORDERS
    from drivers.emulators.script import ScriptError, parse

    devices = (*ORDERS, "gadget")

    def read(data: bytes) -> None:
        with suppress(ScriptError):
            parse(data.decode("utf-8", "replace"), devices)

    seeds = [
        b"printer: paper out after 12 lines; refill after 5 s",
        'reader：put name="张三" number=990101199003071018；lift for 2 s # x'.encode(),
        b"reader: answer status=0x41 data=hex:00ff for 3\n\na4: jam after 1 page after 2 ms",
        b'scanner: two texts=["a", "b"]; gadget: hop x={"a": [1, 2.5]} y=none',
        *(f"{name}: well".encode() for name in ALIASES),
    ]
    return Target(read, seeds, words=words_of(seeds))


def control_socket() -> Target:
    """Lines on the control socket of the desk."""
    from drivers.emulators.rig import Rig

    rig = Rig({}, Path("nowhere"))

    def read(data: bytes) -> None:
        answer = rig.hear(data)
        assert answer.get("ok") is True or answer["error"]
        json.dumps(answer)

    seeds = [
        b'{"device": "id_card", "order": "look"}',
        b'{"device": "id_card", "order": "put", "facts": {"photo": {"base64": "AAAA"}}}',
        b'{"script": "printer: jam", "wait": 3}',
    ]
    return Target(read, seeds, words=words_of(seeds))


def channel() -> Target:
    """The channel between keeper and visit, both ends."""
    from kiosk.keeper import channel as words

    def read(data: bytes) -> None:
        for end in (words.VisitEnd, words.KeeperEnd):
            theirs, ours = socket.socketpair()
            said = b"".join(pieces(data))
            theirs.send(said)
            theirs.close()
            receiver = end(ours.detach())
            while not isinstance((receiver.receive() or [None])[-1], words.Broken):
                pass
            receiver.close()

    told = (words.Live(leftovers=True), words.Quit(), words.Ready(), words.HasLeftovers(True))
    seeds = [_word(word) for word in (*told, words.Shown(), words.Alive(), words.Ended("idle"))]
    said = [*(b"\x03" + seed for seed in seeds), b"\x03" + b"".join(seeds)]
    return Target(read, said, words=words_of(seeds))


def _word(word: Any) -> bytes:
    import msgspec

    return msgspec.json.encode(word) + b"\n"


def centre() -> Target:
    """Answers of the centre, through the models."""
    from pydantic import TypeAdapter, ValidationError

    from kiosk.centre import models as m
    from kiosk.centre.level import Level
    from kiosk.privacy import Sensitive

    kinds: tuple[Any, ...] = (
        m.Catalogue,
        m.Session,
        m.SmsSent,
        m.Person,
        tuple[m.Account, ...],
        m.Ledger,
        tuple[m.Withdrawal, ...],
        tuple[m.Loan, ...],
        tuple[m.PlanEntry, ...],
        tuple[m.Repayment, ...],
        m.Document,
        m.PrintCount,
        m.RefusalBody,
    )
    adapters = [TypeAdapter(kind) for kind in kinds]

    def read(data: bytes) -> None:
        adapter = adapters[data[0] % len(adapters)] if data else adapters[0]
        with suppress(ValidationError):
            told = adapter.validate_json(data[1:])
            repr(told)
            assert adapter.validate_json(adapter.dump_json(told)) == told

    money, day, both = Decimal("56958.05"), date(2026, 1, 15), m.CentreWords(zh="是", en="yes")
    now = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
    offer = m.Offer(
        service="account",
        title=both,
        hint=both,
        open=True,
        hours=m.Hours(opens="08:30", closes="20:00"),
        purposes=(m.Purpose(code="01", name=both),),
    )
    account = m.Account(
        id="a1",
        number=Sensitive("990000000001"),
        status="01",
        opened=day,
        balance=Sensitive(money),
        base=money,
        personal_amount=money,
        employer_amount=money,
        personal_ratio=Decimal("0.12"),
        employer_ratio=Decimal("0.12"),
        employer="某公司",
        employer_number="99001",
        employer_status="01",
        paid_to=day,
        note=both,
        as_of=day,
    )
    entry = m.LedgerEntry(booked=day, kind="01", month=day, amount=money, balance=money, serial="1")
    loan = m.Loan(
        id="l1",
        number=Sensitive("9901"),
        contract=Sensitive("9902"),
        state="2",
        granted=money,
        granted_on=day,
        balance=Sensitive(money),
        rate=Decimal("0.0260000"),
        way="01",
        terms=360,
        terms_paid=12,
        repay_day=20,
        next_due=day,
        next_amount=money,
        principal_paid=money,
        interest_paid=money,
        overdue_principal=money,
        overdue_interest=money,
        penalty=money,
        terms_overdue=0,
        due_now=money,
        risk="01",
        security="01",
        bank="某银行",
        house=Sensitive("某路一号"),
    )
    told: list[tuple[int, Any]] = [
        (
            0,
            m.Catalogue(
                version=1,
                clock=now,
                centre=both,
                short_name=m.ShortName(zh="中心", en="Centre"),
                hotline="12329",
                demo=True,
                offers=(offer,),
            ),
        ),
        (
            1,
            m.Session(
                id="5" * 32,
                token=Sensitive("t"),
                expires=now,
                level=Level.HELD,
                proofs=(
                    m.Proof(way="sms", level=Level.PROVED, available=True, hint="123****0001"),
                ),
            ),
        ),
        (2, m.SmsSent(phone="123****0001", resend_after_s=60, valid_s=300)),
        (
            3,
            m.Person(
                name=Sensitive("张三"),
                sex="1",
                document_kind="01",
                document_number=Sensitive("990101199003071018"),
                phone=Sensitive("12300000001"),
            ),
        ),
        (4, (account,)),
        (
            5,
            m.Ledger(
                year=2026,
                years=(2026, 2025),
                entries=(entry,),
                paid_in=money,
                interest=money,
                withdrawn=money,
            ),
        ),
        (
            6,
            (
                m.Withdrawal(
                    booked=day, reason="01", way="1", amount=money, total=money, serial="1"
                ),
            ),
        ),
        (7, (loan,)),
        (
            8,
            (
                m.PlanEntry(
                    term=1, due=day, amount=money, principal=money, interest=money, balance=money
                ),
            ),
        ),
        (11, m.PrintCount(prints=1, prints_left_today=4)),
        (12, m.RefusalBody(code="card-lost", reason=both, next_step=both, reference="K7Q2-9XMD")),
    ]
    seeds = [bytes([at]) + adapters[at].dump_json(one) for at, one in told]
    return Target(read, seeds, words=words_of(seed[1:] for seed in seeds))

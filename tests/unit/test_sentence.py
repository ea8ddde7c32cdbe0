"""Sentences for a technician: an English text that remembers its template and its facts."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceError, Reason
from drivers.sentence import Sentence, en, joined, words_of
from kiosk.words import Language, say, say_sentence
from tests.unit.test_house import MODULES, parsed

TERMS = "kiosk/doctor/terms.py"  # templates alone
CODE = [path for path in MODULES if not path.startswith(("kiosk/workshop/", "ui/", TERMS))]
GONE = en("{path} is gone", path=Path("/dev/kiosk/id_card"))


@pytest.mark.parametrize(
    ("sentence", "english", "chinese"),
    [
        (GONE, "/dev/kiosk/id_card is gone", "/dev/kiosk/id_card 已断开"),
        (en("{ms:.0f} ms", ms=12.4), "12 ms", "12 毫秒"),
        (joined("; ", GONE, "", "offline"), f"{GONE}; offline", "/dev/kiosk/id_card 已断开；离线"),
        (joined(": ", "", GONE), GONE, "/dev/kiosk/id_card 已断开"),
        (joined(", "), "", ""),
        (en('KERNELS=="1-2*" {x}'), 'KERNELS=="1-2*" {x}', 'KERNELS=="1-2*" {x}'),
        (en("cannot be looked at: {why}", why=OSError("{0}")),
         "cannot be looked at: {0}", "无法查看：{0}"),
        (words_of(DeviceError(Reason.OFFLINE, GONE)),
         f"offline: {GONE}", "无应答：/dev/kiosk/id_card 已断开"),
        (en("cannot be looked at: {why}", why=DeviceError(Reason.OFFLINE, GONE)),
         f"cannot be looked at: offline: {GONE}", "无法查看：无应答：/dev/kiosk/id_card 已断开"),
    ],
)  # fmt: skip
def test_a_sentence_is_said_in_both_languages(sentence: str, english: str, chinese: str) -> None:
    assert sentence == english
    assert say_sentence(sentence, Language.EN) == say(sentence, Language.EN) == english
    assert say_sentence(sentence, Language.ZH) == chinese


def test_a_sentence_stays_one_where_it_is_copied_or_travels() -> None:
    nested = en("well only when looked at again; at first: {seen}", seen=GONE)
    error = DeviceError(Reason.OFFLINE, nested, mend=GONE)
    for kept in (copy.deepcopy(nested), pickle.loads(pickle.dumps(error)).detail):
        assert kept == nested
        assert say_sentence(kept, Language.ZH) == say_sentence(nested, Language.ZH) != nested
    assert json.loads(json.dumps({"seen": nested})) == {"seen": str(nested)}


def test_facts_are_changed_wherever_they_stand() -> None:
    said = en("{one}: {other}", one="a\x1b", other=en("{path} is gone", path="b\x1b"))
    assert isinstance(said, Sentence)
    assert said.map(lambda fact: fact.replace("\x1b", "?")) == "a?: b? is gone"


@given(st.text(), st.sampled_from(Language))
def test_a_fact_is_never_taken_for_a_template(fact: str, language: Language) -> None:
    said = say_sentence(en("{path} is gone", path=f"“{fact}”"), language)
    assert f"“{fact}”" in said


@pytest.mark.parametrize("module", CODE)
def test_every_sentence_has_a_constant_template_and_its_facts(module: str) -> None:
    """Only a constant can be collected into the catalogue."""
    for node in ast.walk(parsed(module)):
        match node:
            case ast.Call(func=ast.Name("en"), args=[ast.Constant(str(message))], keywords=facts):
                fields = {name for _, name, _, _ in string.Formatter().parse(message) if name}
                given = {fact.arg for fact in facts}
                assert fields == given, f"{module}:{node.lineno}: {message}"
            case ast.Call(func=ast.Name("en")):
                pytest.fail(f"{module}:{node.lineno}: no constant template")

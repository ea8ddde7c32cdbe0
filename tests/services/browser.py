"""A citizen's phone: a real browser of a phone's size, driven over DevTools."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kiosk.workshop.bench.peer import chromium
from tests.waiting import PATIENCE_S

NEEDS_BROWSER = pytest.mark.skipif(
    not chromium.program(), reason="needs the Debian package chromium, a real browser"
)
SCREEN = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}


class Phone:
    """A browser of a phone's size, and a hand with a finger."""

    def __init__(self, browser: chromium.Chromium) -> None:
        self._browser = browser
        browser.call("Emulation.setDeviceMetricsOverride", **SCREEN)

    def see(self, script: str) -> Any:
        return self._browser.evaluate(script)

    def text(self, selector: str) -> str:
        return str(self.see(f"document.querySelector('{selector}')?.textContent ?? ''"))

    def open(self, address: str) -> None:
        self._go(lambda: self._browser.call("Page.navigate", url=address))

    def type(self, digits: str) -> None:
        self.fill("digits", digits)

    def fill(self, name: str, text: str) -> None:
        self._see(f"[name={name}]")
        self._browser.press(f"[name={name}]")
        self._browser.call("Input.insertText", text=text)

    def choose(self, person: str) -> None:
        self.see(f"document.querySelector('[name=person]').value = '{person}'")

    def press(self, value: str) -> None:
        self._see(f"[value={value}]")
        self._go(lambda: self._browser.press(f"[value={value}]"))

    def refuses_to_send(self, value: str) -> bool:
        """Whether the browser itself keeps the form back when its button is pressed."""
        self._browser.press(f"[value={value}]")
        return not self.see("document.querySelector('form').checkValidity()")

    def _see(self, selector: str) -> None:
        """Scroll until the element can be pressed."""
        self.see(f"document.querySelector('{selector}').scrollIntoView({{block: 'center'}})")

    def _go(self, act: Callable[[], object]) -> None:
        """Do what leads to another page, and wait for it."""
        self.see("document.old = true")
        act()
        until = time.monotonic() + PATIENCE_S
        while self.see("document.old || document.readyState != 'complete'"):
            assert time.monotonic() < until, "no other page came"
            time.sleep(0.01)


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with chromium.chromium("about:blank") as process, chromium.attach(process) as browser:
        yield Phone(browser)

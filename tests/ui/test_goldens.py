"""No page changes its picture by accident; where none is known, drawing repeats itself."""

from __future__ import annotations

from tests.ui import goldens


def test_the_pages_look_as_they_did() -> None:
    known = goldens.known()
    now = goldens.drawn_afresh()
    if known is None:
        assert goldens.drawn_afresh() == now
        print(f"no pictures are known for {goldens.fingerprint()}: run make goldens, look, commit")
        return
    changed = {name for name in now.keys() | known.keys() if now.get(name) != known.get(name)}
    assert not changed, "look at them with make goldens: " + ", ".join(sorted(changed))

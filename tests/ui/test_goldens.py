"""No page changes its picture by accident; where none is known, drawing repeats itself."""

from __future__ import annotations

from tests.ui import goldens


def test_the_pages_look_as_they_did() -> None:
    known = goldens.known()
    now = goldens.drawn_afresh()
    if known is None:
        again = goldens.drawn_afresh()
        shades = [name for name in now if now[name] != again[name]]
        assert len(shades) < len(now) / 10, "more differs than the shades of large letters"
        print(f"no pictures are known for {goldens.fingerprint()}: run make goldens, look, commit")
        return
    changed = differing(now, known)
    for _again in range(goldens.DRAWINGS - 1):
        if not changed:
            break
        changed &= differing(goldens.drawn_afresh(), known)
    assert not changed, "look at them with make goldens: " + ", ".join(sorted(changed))


def differing(now: dict[str, str], known: dict[str, list[str]]) -> set[str]:
    """The pages that are new, gone, or drawn otherwise than in any known way."""
    return {name for name in now.keys() | known.keys() if now.get(name) not in known.get(name, ())}

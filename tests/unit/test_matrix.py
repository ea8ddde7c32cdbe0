"""What a bare system takes over from this machine; systems are for its own run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import bare_debian, matrix


def test_a_system_fetches_its_packages_where_this_machine_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = "http://near/security/ old-security\nhttp://near/debian/ old\n" * 2
    monkeypatch.setattr(bare_debian, "output", lambda *_: listed)
    monkeypatch.setattr(bare_debian, "_own_name", lambda: "old")
    assert bare_debian._mirrors("new") == [
        ("http://near/debian/", "new"),
        ("http://near/security/", "new-security"),
    ]


def test_without_a_mirror_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bare_debian, "output", lambda *_: "")
    monkeypatch.setattr(bare_debian, "_own_name", lambda: "old")
    with pytest.raises(bare_debian.CannotBuildError, match="apt-get update"):
        bare_debian._mirrors("new")


def test_pip_is_set_as_on_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pages, wheels = tmp_path / "index" / "simple", tmp_path / "wheels"
    pages.mkdir(parents=True)
    wheels.mkdir()
    said = (
        f":env:.find-links='{wheels}'\n"
        f"global.extra-index-url='file://{pages} file://{tmp_path}/gone/simple'\n"
        f"global.find-links='{wheels}'\n"
    )
    monkeypatch.setattr(matrix, "output", lambda *_: said)
    assert matrix._pip_settings() == (
        [
            f"find-links = {wheels}\n",
            f"extra-index-url = file://{pages} file://{tmp_path}/gone/simple\n",
        ],
        [pages.parent, wheels],
    )

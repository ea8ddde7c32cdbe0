"""A centre whose certificate comes from a CA of its own: known by the SHA-256 that it tells."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.centre.enrolment_client import EnrolmentClient
from kiosk.centre.errors import CentreUnavailable, Refusal
from kiosk.setup.vouched import certificate_with, sha256_of
from tests.centre_server import CentreServer
from tests.contract.test_doctor_network import (
    CertificateAuthority,
    CertificateFiles,
    authority,
    stranger,
)

__all__ = ["authority", "stranger"]


def sha256(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()


def of(files: CertificateFiles) -> x509.Certificate:
    return x509.load_pem_x509_certificate(files[0].read_bytes())


@contextmanager
def served(files: CertificateFiles) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    with CentreServer(context) as server:
        yield server.url


def with_root(files: CertificateFiles, authority: CertificateAuthority) -> CertificateFiles:
    """``files`` of a server that sends the certificate of ``authority`` too."""
    whole = files[0].with_name("chain.pem")
    whole.write_bytes(files[0].read_bytes() + authority.file.read_bytes())
    return whole, files[1]


def is_untrusted(url: str, ca: Path | None) -> bool:
    """Whether a question to the centre ends at its certificate; else it gets to the 404."""
    with EnrolmentClient(url, ca=ca) as centre:
        try:
            centre.state("some-id")
        except CentreUnavailable as error:
            return error.untrusted
        except Refusal:
            return False
    raise AssertionError("an answer")


@pytest.mark.parametrize("days", [(-10, 365), (-20, -10), (10, 365)])
def test_only_a_certificate_of_nobody_known_is_untrusted(
    authority: CertificateAuthority, stranger: CertificateAuthority, days: tuple[int, int]
) -> None:
    """One that has ended, or not begun, is another trouble, which no SHA-256 mends."""
    with served(authority.issue("centre", days=days)) as url:
        assert is_untrusted(url, stranger.file)
        assert is_untrusted(url, None)
        assert not is_untrusted(url, authority.file)


def test_the_server_is_trusted_by_its_own_certificate_or_by_one_above(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    files = authority.issue("centre")
    ca = tmp_path / "ca.pem"
    with served(with_root(files, authority)) as url:
        for told in (of(files), authority.certificate):
            ca.write_text(certificate_with(sha256(told), url, str))
            assert not is_untrusted(url, ca)


def test_who_shows_the_certificate_of_the_centre_is_not_the_centre_yet(
    authority: CertificateAuthority, stranger: CertificateAuthority, tmp_path: Path
) -> None:
    ca = tmp_path / "ca.pem"
    with served(with_root(stranger.issue("impostor"), authority)) as url:
        ca.write_text(certificate_with(sha256(authority.certificate), url, str))
        assert is_untrusted(url, ca)


def test_another_certificate_and_a_silent_server_are_told(
    authority: CertificateAuthority, stranger: CertificateAuthority
) -> None:
    with (
        served(authority.issue("centre")) as url,
        pytest.raises(click.UsageError, match="shows another certificate: go no further"),
    ):
        certificate_with(sha256(stranger.certificate), url, str)
    with pytest.raises(click.UsageError, match="does not answer: Connection refused"):
        certificate_with(sha256(stranger.certificate), url, str)


@pytest.mark.parametrize(
    "said",
    [
        "ab" * 32,
        " " + "AB" * 32,
        ":".join(["AB"] * 32),
        "sha256 Fingerprint=" + ":".join(["AB"] * 32),
    ],
)
def test_a_sha256_is_taken_as_browsers_and_openssl_show_it(said: str) -> None:
    assert sha256_of(said, str) == "ab" * 32


@pytest.mark.parametrize("said", ["", "ab" * 31, "ab" * 33, "xy" * 32, "ab" * 20])
def test_anything_else_is_no_sha256(said: str) -> None:
    with pytest.raises(click.UsageError, match="64 digits"):
        sha256_of(said, str)

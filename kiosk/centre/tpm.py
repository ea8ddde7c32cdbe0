"""Lets the ``ssl`` module use a private key inside a TPM 2.0, by the provider tpm2-openssl."""

from __future__ import annotations

import _ssl
import ctypes
import functools
import threading
from pathlib import Path

DEVICE = Path("/dev/tpmrm0")
"""The kernel's resource manager of a TPM 2.0."""
MARK = b"-----BEGIN TSS2 PRIVATE KEY-----"
"""How a file begins whose key only one TPM can open."""
PROPERTIES = "?tpm2.signature=yes"
"""The provider goes before OpenSSL's own one for signatures only. Without a query OpenSSL's own one
takes the key and finds nothing private in it; where the provider goes first for everything
(``?provider=tpm2``), TLS 1.2 fails, and so does TLS 1.3 with some servers."""
_LOADING = threading.Lock()


def is_tpm_key(path: Path) -> bool:
    """Whether ``path`` holds the key of a TPM. Raises ``OSError``."""
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK


def load_provider() -> None:
    """Load the provider into the OpenSSL that ``ssl`` uses; once loaded, a further call does
    nothing, since OpenSSL lets nobody set the query while another thread is in a handshake.

    ``OPENSSL_CONF`` would reach every OpenSSL of the process, also the one inside the wheel of
    ``cryptography``, which has no such provider. Raises ``OSError`` where none is installed.
    """
    with _LOADING:
        _load()


@functools.cache
def _load() -> None:
    library = ctypes.CDLL(getattr(_ssl, "__file__", None))
    load = library.OSSL_PROVIDER_load
    load.restype, load.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p]
    for name in (b"default", b"base", b"tpm2"):
        if not load(None, name):
            raise OSError("no OpenSSL provider for the TPM: install tpm2-openssl")
    library.EVP_set_default_properties.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.EVP_set_default_properties(None, PROPERTIES.encode())

"""Takes apart what a centre serves as revocation lists: one for each authority above its seals."""

from __future__ import annotations


def split_lists(served: bytes) -> tuple[bytes, ...]:
    """The lists (RFC 5280 5), each in DER, of which the centre serves one after another.

    A seal whose issuer stands under a root needs two: the root's, on which the issuer would stand,
    and the issuer's. Raises ``ValueError`` where ``served`` is not whole values of DER.
    """
    from asn1crypto.parser import peek  # the doctor and the checker load it, no visit does

    lists = []
    while served:
        length = peek(served)
        lists.append(served[:length])
        served = served[length:]
    return tuple(lists)

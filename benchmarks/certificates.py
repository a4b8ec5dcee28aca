"""A certificate for a provider on this machine, by an authority of its own."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from outreach.clock import SystemClock

#: where Python's TLS looks for the authorities it trusts
TRUSTED = "SSL_CERT_FILE"
Key = ec.EllipticCurvePrivateKey


@contextmanager
def certificate() -> Iterator[tuple[Path, Path]]:
    """Write a certificate for localhost with its key, and a file of authorities that trusts it."""
    with TemporaryDirectory(prefix="outreach-bench-") as folder:
        authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        issuer = _signed("Outreach's benchmarks", authority, "Outreach's benchmarks", authority)
        own = _signed("localhost", key, "Outreach's benchmarks", authority)
        file, trusted = Path(folder, "localhost.pem"), Path(folder, "trusted.pem")
        file.write_bytes(_pem(own) + _pem_of_key(key))
        # beside the usual ones: reading them all is a part of what a connection costs
        trusted.write_bytes(_usual() + _pem(issuer))
        yield file, trusted


def _usual() -> bytes:
    known = ssl.get_default_verify_paths().cafile
    return Path(known).read_bytes() if known and Path(known).is_file() else b""


def _signed(name: str, key: Key, issuer: str, authority: Key) -> x509.Certificate:
    now, is_authority = SystemClock().now(), key is authority
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(authority, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(signed: x509.Certificate) -> bytes:
    return signed.public_bytes(serialization.Encoding.PEM)


def _pem_of_key(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )

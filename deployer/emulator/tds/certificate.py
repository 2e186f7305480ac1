"""A certificate for this run of the server, signed by itself."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl
import tempfile
from pathlib import Path

from deployer.errors import need

_DAYS = 397
"""The longest that clients take from a server's certificate (CA/Browser Forum, baseline requirements)."""


def make_certificate(host: str, now: dt.datetime) -> tuple[bytes, bytes]:
    """A certificate for `localhost` and `host`, and its key, both as PEM."""
    need("cryptography", "serve")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    try:
        names.append(x509.IPAddress(ipaddress.ip_address(host)))
    except ValueError:
        names.append(x509.DNSName(host))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName(dict.fromkeys(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def make_context(certificate: bytes, key: bytes, strict: bool) -> ssl.SSLContext:
    """A server's TLS: 1.2 within TDS 7's packets, where 1.3 has no place for its tickets; 1.2 or 1.3 around TDS 8."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if strict:
        context.set_alpn_protocols(["tds/8.0"])
    else:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    # `ssl` reads both from a file only; this one is readable by nobody else, and gone at once.
    handle, path = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key + certificate)
        context.load_cert_chain(path)
    finally:
        Path(path).unlink()
    return context

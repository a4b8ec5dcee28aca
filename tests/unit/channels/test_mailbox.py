"""The mailbox: what came since the last look is read, once, and stays unread for people."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from outreach.channels.mailbox import MOST_BYTES, Mailbox, MailboxError, Mark, Place
from tests.unit.imap_server import PASSWORD, USER, Folder, imap_server

NOW = datetime(2026, 11, 4, 9, 0, tzinfo=UTC)


@pytest.fixture
def folder() -> Folder:
    return Folder()


@pytest.fixture
def place(folder: Folder) -> Iterator[Place]:
    with imap_server(folder) as port:
        yield Place("127.0.0.1", port, "none", USER, PASSWORD, "INBOX")


def look(place: Place, mark: Mark | None = None) -> dict[str, bytes]:
    with Mailbox(place) as mailbox:
        return {str(after): raw for after, raw in mailbox.new_since(mark, NOW)}


def test_the_first_look_goes_back_some_days(folder: Folder, place: Place) -> None:
    folder.arrive("one")
    folder.arrive("two")
    found = look(place)
    assert list(found) == ["7:1", "7:2"]
    assert found["7:2"].endswith(b"\r\n\r\ntwo\r\n")
    assert "UID SEARCH SINCE 28-Oct-2026" in folder.asked


def test_a_later_look_sees_what_is_new(folder: Folder, place: Place) -> None:
    for text in ("one", "two", "three"):
        folder.arrive(text)
    assert list(look(place, Mark(7, 2))) == ["7:3"]
    assert look(place, Mark(7, 3)) == {}
    assert look(place, Mark(7, 9)) == {}
    folder.mails.clear()
    assert look(place, Mark(7, 3)) == {}


def test_after_the_server_counts_anew_it_looks_anew(folder: Folder, place: Place) -> None:
    folder.arrive("one")
    folder.validity = 8
    assert list(look(place, Mark(7, 1))) == ["8:1"]


def test_nothing_is_marked_as_read(folder: Folder, place: Place) -> None:
    folder.arrive("one")
    look(place)
    assert not [each for each in folder.asked if each.startswith(("SELECT", "STORE", "UID STORE"))]
    fetched = [each for each in folder.asked if "FETCH" in each]
    assert fetched
    assert all("PEEK" in each for each in fetched)


def test_of_a_large_mail_only_the_beginning_is_fetched(folder: Folder, place: Place) -> None:
    folder.arrive("x" * 2 * MOST_BYTES)
    assert [len(raw) for raw in look(place).values()] == [MOST_BYTES]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "wrong"}, "that is not so"),
        ({"folder": "Nowhere"}, "that is not so"),
        ({"password": "ü"}, "cannot be read"),
        ({"port": 1}, "refused"),
        ({"security": "starttls"}, "cannot be read"),  # it offers none
        ({"security": "tls"}, "cannot be read"),
    ],
)
def test_what_does_not_work_is_said(place: Place, change: dict[str, object], said: str) -> None:
    with pytest.raises(MailboxError, match=r"127\.0\.0\.1") as caught:
        look(replace(place, **change))  # type: ignore[arg-type]
    assert said in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert "b'" not in str(caught.value)


@pytest.mark.parametrize("command", ["LOGIN", "EXAMINE", "SEARCH", "FETCH"])
def test_a_connection_that_breaks_is_said(folder: Folder, place: Place, command: str) -> None:
    folder.arrive("one")
    folder.hangs_up_on = command
    with pytest.raises(MailboxError):
        look(place)


def test_only_a_server_that_proves_itself_is_told_the_password(
    folder: Folder, tmp_path: Path
) -> None:
    folder.arrive("one")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file = certificate(tmp_path)
    served.load_cert_chain(file)
    with imap_server(folder, tls=served) as port:
        place = Place("localhost", port, "tls", USER, PASSWORD, "INBOX")
        with pytest.raises(MailboxError, match=r"(?i)certificate"):
            look(place)
        assert folder.asked == []
        trusting = ssl.create_default_context(cafile=str(file))
        with Mailbox(place, context=trusting) as mailbox:
            assert [str(after) for after, _ in mailbox.new_since(None, NOW)] == ["7:1"]


def certificate(folder: Path) -> Path:
    """Write a key and a certificate of localhost that nobody else has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    years = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), *years)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    file = folder / "server.pem"
    form = serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(pem, form, plain) + signed.public_bytes(pem))
    return file

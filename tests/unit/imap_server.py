"""A mail server on loopback that speaks as much IMAP as reading one folder takes (RFC 3501)."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

USER, PASSWORD = "replies@nordlicht.example", "a pass word"
_STRING = r'"((?:[^"\\]|\\.)*)"'
_LOGIN = re.compile(rf"LOGIN (\S+) {_STRING}")
_FETCH = re.compile(r"UID FETCH (\d+) \(UID BODY\.PEEK\[\]<0\.(\d+)>\)")


@dataclass
class Folder:
    """What the server holds: mail by its number, all of it of the last days."""

    validity: int = 7
    mails: dict[int, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    #: what it hangs up on, as a broken network does
    hangs_up_on: str = ""

    def arrive(self, text: str, subject: str = "Re: late", **headers: str) -> int:
        """Let a mail come in; return its number."""
        number = max(self.mails, default=0) + 1
        usual = {"From": "Ana <ana@example.com>", "Message-ID": f"<{number}@example.com>"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{k}: {v}" for k, v in {**usual, "Subject": subject, **named}.items()]
        self.mails[number] = "\r\n".join([*lines, "", text, ""]).encode()
        return number


@contextmanager
def imap_server(folder: Folder, *, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve a folder; yield the port."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if tls is not None:
                try:
                    self.connection = tls.wrap_socket(self.request, server_side=True)
                except OSError:
                    return  # they do not trust us
                self.rfile = self.connection.makefile("rb")
                self.wfile: Any = self.connection.makefile("wb", buffering=0)
            self.say("* OK ready")
            while line := self.rfile.readline().decode("latin-1").strip():
                tag, _, command = line.partition(" ")
                folder.asked.append(command)
                if folder.hangs_up_on and folder.hangs_up_on in command:
                    return
                for answer in _answers(folder, command):
                    self.say(answer)
                said = "NO that is not so" if _refuses(command) else "OK done"
                self.say(f"{tag} {said}")
                if command == "LOGOUT":
                    return

        def finish(self) -> None:
            super().finish()
            self.connection.close()

        def say(self, line: str | bytes) -> None:
            data = line.encode("latin-1") if isinstance(line, str) else line
            self.wfile.write(data + b"\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Who hangs up is no fault of ours."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def _answers(folder: Folder, command: str) -> Iterator[str | bytes]:
    numbers = sorted(folder.mails)
    if command == "CAPABILITY":
        yield "* CAPABILITY IMAP4rev1"
    elif command == 'EXAMINE "INBOX"':
        yield f"* {len(numbers)} EXISTS"
        yield f"* OK [UIDVALIDITY {folder.validity}] as long as it lasts"
    elif command == "LOGOUT":
        yield "* BYE"
    elif found := re.fullmatch(r"UID SEARCH UID (\d+):\*", command):
        # a range is unordered: the last mail is always in it
        first = min(int(found[1]), numbers[-1] if numbers else 0)
        yield " ".join(["* SEARCH", *(str(n) for n in numbers if n >= first)])
    elif command.startswith("UID SEARCH SINCE "):
        yield " ".join(["* SEARCH", *map(str, numbers)])
    elif (found := _FETCH.fullmatch(command)) and int(found[1]) in folder.mails:
        mail = folder.mails[int(found[1])][: int(found[2])]
        place = numbers.index(int(found[1])) + 1
        head = f"* {place} FETCH (UID {found[1]} BODY[]<0> {{{len(mail)}}}\r\n".encode()
        yield head + mail + b")"


def _refuses(command: str) -> bool:
    if found := _LOGIN.fullmatch(command):
        return (found[1], found[2]) != (USER, PASSWORD)
    return command.startswith("EXAMINE ") and command != 'EXAMINE "INBOX"'

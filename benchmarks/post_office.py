"""A peer: django-post_office queues emails and sends them by a backend that does nothing.

A process of its own, for Django is set up once a process. It reads a line with what to send, and
then a line a round: `clean`, `one by one` or `at once`; each is answered by how many emails it did.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

ROOT = Path(__file__).resolve().parents[1]
CLEAN, SINGLY, AT_ONCE = "clean", "one by one", "at once"
NOTHING = "django.core.mail.backends.dummy.EmailBackend"
#: as durable as ours
SQLITE = {
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
    "transaction_mode": "IMMEDIATE",
}


@contextmanager
def post_office(
    url: str, template: dict[str, str], letters: list[dict[str, Any]]
) -> Iterator[Callable[[str], int]]:
    """Run the peer on a database; yield what does one round of a kind."""
    words = [sys.executable, "-m", "benchmarks.post_office", url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=ROOT, **pipes) as process:  # type: ignore[call-overload]

        def ask(line: str) -> int:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        ask(json.dumps({"template": template, "letters": letters}))
        try:
            yield ask
        finally:
            process.stdin.close()


def serve(url: str) -> None:
    """Do round after round until stdin ends."""
    logging.disable(logging.INFO)  # it tells of every batch on stderr
    _set_up(url)
    given = json.loads(sys.stdin.readline())
    rounds = _rounds(given["template"], given["letters"])
    print(0, flush=True)
    for line in sys.stdin:
        print(rounds[line.strip()](), flush=True)


def _rounds(
    template: dict[str, str], letters: list[dict[str, Any]]
) -> dict[str, Callable[[], int]]:
    from post_office import mail
    from post_office.models import STATUS, Email, EmailTemplate, Log

    words = EmailTemplate.objects.create(name="letter", **template)
    sender = "care@nordlicht.example"
    each = [
        {"recipients": [letter["to"]], "sender": sender, "template": words, "context": letter}
        for letter in letters
    ]

    def clean() -> int:
        Log.objects.all().delete()
        Email.objects.all().delete()
        return 0

    def send() -> int:
        while any(mail.send_queued(processes=1)):
            pass
        return int(Email.objects.filter(status=STATUS.sent).count())

    def singly() -> int:
        for one in each:
            mail.send(**one)
        return send()

    def at_once() -> int:
        mail.send_many(each)
        return send()

    return {CLEAN: clean, SINGLY: singly, AT_ONCE: at_once}


def _set_up(url: str) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        DATABASES={"default": _database(url)},
        INSTALLED_APPS=["post_office"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        POST_OFFICE={"BACKENDS": {"default": NOTHING}},
        LOGGING_CONFIG=None,
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", verbosity=0)


def _database(url: str) -> dict[str, Any]:
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": parts.database, "OPTIONS": SQLITE}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.database,
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": parts.host or parts.query.get("host", ""),
        "PORT": parts.port or parts.query.get("port", ""),
    }


if __name__ == "__main__":
    serve(sys.argv[1])

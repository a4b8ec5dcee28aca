"""Walking through a batch on a terminal: one sample after the other, then a word on all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from outreach.cli.operator import who
from outreach.cli.output import counted
from outreach.cli.output_batch import print_batch, print_sample
from outreach.cli.session import Session
from outreach.clock import SystemClock
from outreach.errors import Refused

if TYPE_CHECKING:
    from outreach.passes.sampling import Sample
    from outreach.store.batches import OpenBatch


class Quit(Exception):
    """The person wants to decide nothing more."""


@dataclass
class Walk:
    """One batch on the screen; `samples` are left of those that were drawn, `place` is shown."""

    session: Session
    batch: OpenBatch
    drawn: int
    note: str = ""
    place: int = 0

    def run(self) -> None:
        """Show samples and ask what to do until the batch is decided on; raises Quit."""
        print_batch(self.session, self.batch)
        self._draw()
        choices: dict[str, Callable[[], bool]] = {
            "n": self._next,
            "a": self._approve,
            "r": self._reject,
            "e": self._exclude,
        }
        while True:
            choice = self._ask()
            if choice == "q":
                raise Quit
            if choice not in choices:
                self.session.out.note(f"'{choice}' is none of n, a, r, e and q")
                continue
            try:
                if choices[choice]():
                    return
            except Refused as error:
                self.session.out.note(str(error))
                if not self._look_again():
                    return

    def _ask(self) -> str:
        count = f"{self.batch.messages:,}"
        asked = f"[n]ext sample · [a]pprove {count} · [r]eject {count} · [e]xclude this · [q]uit"
        try:
            said = typer.prompt(asked, "n", show_default=False, prompt_suffix=" > ", err=True)
        except typer.Abort:
            raise Quit from None
        return str(said).strip().lower()[:1]

    def _next(self) -> bool:
        self.place = (self.place + 1) % max(len(self.samples), 1)
        self._show()
        return False

    def _approve(self) -> bool:
        from outreach.passes.decisions import approve

        session, number = self.session, self.batch.messages
        done = approve(
            session.store,
            self.batch.id,
            who=who(session.env),
            now=self._now(),
            note=self.note,
            expect=number,
        )
        late = f", {done.expired:,} of them too late to go out" if done.expired else ""
        self._say("ok", f"{counted(done.messages, 'message')} released{late}")
        return True

    def _reject(self) -> bool:
        from outreach.passes.decisions import reject

        session, number = self.session, self.batch.messages
        session.confirm(f"Drop {counted(number, 'message')} of {self.batch.id} for good?")
        done = reject(
            session.setup(),
            self.batch.id,
            who=who(session.env),
            now=self._now(),
            note=self.note,
            expect=number,
        )
        self._say("none", f"{counted(done.messages, 'message')} dropped")
        return True

    def _exclude(self) -> bool:
        """Drop the message on the screen; the others stay to be decided on."""
        from outreach.passes.decisions import cancel

        if not self.samples:
            raise Refused("there is no sample on the screen: nothing was changed")
        session, message = self.session, self.samples[self.place].message
        note = self.note or f"left out of {self.batch.id}"
        cancel(session.setup(), message.id, who=who(session.env), now=self._now(), note=note)
        self._say("none", f"the message to customer {message.customer} was left out")
        return not self._look_again()

    def _look_again(self) -> bool:
        """Read the batch anew; False when it holds nothing any more."""
        from outreach.store.batches import open_batches

        with self.session.store.read() as connection:
            found = open_batches(connection, self._now())
        same = next((batch for batch in found if batch.id == self.batch.id), None)
        if same is None:
            self._say("none", "nothing is held in it any more")
            return False
        self.batch = same
        self._draw()
        return True

    def _draw(self) -> None:
        from outreach.passes.sampling import sample_batch

        setup, now = self.session.setup(), self._now()
        self.samples: list[Sample] = sample_batch(setup, self.batch.id, self.drawn, now=now)
        self.place = min(self.place, max(len(self.samples) - 1, 0))
        self._show()

    def _show(self) -> None:
        if self.samples:
            sample = self.samples[self.place]
            print_sample(self.session, sample, self.place + 1, len(self.samples))
        self.session.out.line()

    def _say(self, mark: str, text: str) -> None:
        out = self.session.out
        out.line(f"{out.mark(mark)} {self.batch.id}: {text}")

    def _now(self) -> datetime:
        """Return the time of this decision: somebody may look at samples for long."""
        is_pretended = self.session.manners.at is not None
        return self.session.now if is_pretended else SystemClock().now()

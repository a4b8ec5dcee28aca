"""The forecast behind a preview: the passes' own decisions in the order of time, nothing written.

At each instant things happen in the order of the passes: enrollments come to be, `cancel_if` ends
some, the rest are planned, and what is due is judged, claim by claim.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from outreach.passes.ahead.agenda import Phase
from outreach.passes.ahead.enrollments import cancel, enrol
from outreach.passes.ahead.messages import claim, expire, tell_waiting
from outreach.passes.ahead.outlook import PreviewMessage
from outreach.passes.ahead.plans import plan_all
from outreach.passes.ahead.scene import Scene
from outreach.passes.send import BATCH

_ONE_BY_ONE: dict[Phase, Callable[[Scene, Any, datetime], None]] = {
    Phase.ENROL: enrol,
    Phase.EXPIRE: expire,
    Phase.CANCEL: cancel,
}


def foretell(scene: Scene, until: datetime) -> list[PreviewMessage]:
    """Let time pass until the end; return what becomes of every message."""
    agenda = scene.agenda
    while (coming := agenda.next()) and coming[0] <= until:
        at, phase = coming
        taken = agenda.take(at, phase, BATCH if phase is Phase.SEND else None)
        match phase:
            case Phase.PLAN:
                plan_all(scene, taken, at)
            case Phase.SEND:
                claim(scene, taken, at)
            case _:
                for each in taken:
                    _ONE_BY_ONE[phase](scene, each, at)
    tell_waiting(scene)
    return scene.told

"""Draws docs/preview.svg from what the program prints: `python docs/picture.py WORKSPACE`.

The workspace is one that `outreach demo` made; the picture shows its preview.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COMMAND = ("outreach", "preview", "--until", "tomorrow 20:00")
#: rich's own frame without the fonts it would fetch from elsewhere
FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" role="img"
xmlns="http://www.w3.org/2000/svg">
<title>{title_text}</title>
<style>.{unique_id}-matrix {{font-family: ui-monospace, Menlo, Consolas, monospace;
font-size: {char_height}px; line-height: {line_height}px}} {styles}</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


def main(workspace: Path) -> None:
    """Run the preview there and draw it."""
    run = subprocess.run(
        [sys.executable, "-m", "outreach.cli", *COMMAND[1:], "--color", "always"],
        cwd=workspace,
        env={"COLUMNS": "96", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    console = Console(record=True, width=98, file=sys.stderr, force_terminal=True)
    console.print(
        Text.from_ansi(f"$ {' '.join(COMMAND[:3])} '{COMMAND[3]}'\n{run.stdout.rstrip()}")
    )
    frame = FRAME.replace("{title_text}", "What outreach preview prints")
    svg = console.export_svg(title="outreach", theme=MONOKAI, code_format=frame)
    Path(__file__).with_name("preview.svg").write_text(svg, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

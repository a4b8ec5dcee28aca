"""An editor without a window: it asks the server behind YAML in VS Code, Neovim and Helix."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

Json = dict[str, Any]

#: seconds without a word after which the server is stuck
PATIENCE = 60
#: what an editor is set to: nothing is fetched, all is completed
SETTINGS = {"schemaStore": {"enable": False}, "validate": True, "completion": True, "hover": True}


class Editor:
    """An editor with a workspace open; the cursor is where `|` stands in a text."""

    def __init__(self, process: subprocess.Popen[bytes], workspace: Path) -> None:
        self._process = process
        self._workspace = workspace
        self._said: Queue[Json | None] = Queue()
        self._asked = self._opened = 0
        Thread(target=self._listen, daemon=True).start()

    def start(self) -> None:
        """Shake hands with the server, and tell it what an editor is set to."""
        folders = [{"uri": self._workspace.as_uri(), "name": "workspace"}]
        snippets = {"completion": {"completionItem": {"snippetSupport": True}}}
        self._ask(
            "initialize",
            processId=None,
            rootUri=self._workspace.as_uri(),
            workspaceFolders=folders,
            capabilities={"textDocument": snippets, "workspace": {"workspaceFolders": True}},
        )
        self._tell("initialized")
        self._tell("workspace/didChangeConfiguration", settings={"yaml": SETTINGS})

    def offers(self, text: str) -> dict[str, str]:
        """Return what can be put in at the cursor: what the list says, and what comes in."""
        answer = self._ask("textDocument/completion", **self._point(text))
        return {item["label"]: item["insertText"] for item in answer["items"]}

    def explains(self, text: str) -> str:
        """Return what is shown about the place of the cursor."""
        return str(self._ask("textDocument/hover", **self._point(text))["contents"]["value"])

    def marks(self, text: str) -> list[tuple[str, str]]:
        """Return what is underlined in a text, each with what is said about it."""
        uri = self._open(text)
        said = self._until(lambda told: told.get("params", {}).get("uri") == uri)
        lines = text.splitlines()
        return [
            (_between(lines, mark["range"]), mark["message"])
            for mark in said["params"]["diagnostics"]
        ]

    def _point(self, text: str) -> Json:
        before, _, after = text.partition("|")
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return {"textDocument": {"uri": self._open(before + after)}, "position": place}

    def _open(self, text: str) -> str:
        self._opened += (
            1  # never a file twice: late words about the old text would be taken for new
        )
        uri = (self._workspace / f"file-{self._opened}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", textDocument=document)
        return uri

    def _ask(self, method: str, **params: Any) -> Json:
        self._asked += 1
        number = self._asked
        self._send({"id": number, "method": method, "params": params})
        answer = self._until(lambda said: said.get("id") == number and "method" not in said)
        assert "error" not in answer, answer
        return dict(answer["result"])

    def _tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _until(self, is_it: Callable[[Json], bool]) -> Json:
        while True:
            said = self._said.get(timeout=PATIENCE)
            assert said, "the server has ended"
            if is_it(said):
                return said
            if "id" in said and "method" in said:  # it asks us: there is nothing we know
                self._send({"id": said["id"], "result": None})

    def _listen(self) -> None:
        assert self._process.stdout
        while header := self._process.stdout.readline():
            length = int(header.removeprefix(b"Content-Length:"))
            while self._process.stdout.readline().strip():
                pass  # the other headers, up to the empty line
            self._said.put(json.loads(self._process.stdout.read(length)))
        self._said.put(None)


def _between(lines: list[str], span: Json) -> str:
    start, end = span["start"], span["end"]
    assert start["line"] == end["line"]
    return lines[start["line"]][start["character"] : end["character"]]


@contextmanager
def editor(command: list[str], workspace: Path) -> Iterator[Editor]:
    """Open a workspace in an editor; its server ends with it."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            opened = Editor(process, workspace)
            opened.start()
            yield opened
        finally:
            process.kill()

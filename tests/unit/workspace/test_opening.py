"""Opening a folder: which files belong to a workspace, and what is said when one cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.errors import Problem, Problems
from outreach.model import Channel, Kind
from outreach.rules.fields import FieldType
from outreach.workspace import NoWorkspace, Workspace
from outreach.workspace.jobs import DEFAULT_JOBS, read_jobs
from outreach.workspace.people import Owner

ROOT = Path(__file__).resolve().parents[3]
SHORT = "format: 1\ntimezone: Europe/Berlin\nowners: {a@b.example: {name: Anna}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "outreach.yaml").write_text(SHORT, "utf-8")
    return tmp_path


def put(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(NoWorkspace, match="make one with `outreach init`"):
        Workspace.open(tmp_path)


def test_all_mistakes_in_the_settings_come_at_once(folder: Path) -> None:
    (folder / "outreach.yaml").write_text("format: 9\ntimezone: nowhere\nx: 1\n", "utf-8")
    with pytest.raises(Problems) as caught:
        Workspace.open(folder)
    assert [problem.line for problem in caught.value.problems] == [1, 2, 3]


def test_check_can_go_on_after_a_mistake(folder: Path) -> None:
    (folder / "outreach.yaml").write_text(SHORT + "x: 1\n", "utf-8")
    problems: list[Problem] = []
    workspace = Workspace.read(folder, problems)
    assert workspace is not None
    assert workspace.settings.zone.key == "Europe/Berlin"
    assert len(problems) == 1


def test_rules_are_found_by_pattern_and_rule_tests_are_not_rules(folder: Path) -> None:
    files = {
        "rules/orders.yaml": "a",
        "rules/orders.test.yaml": "b",
        "rules/more/tickets.yaml": "c",  # the default pattern does not go deeper
        "rules/notes.md": "d",
        "rules.example.yaml": "e",
    }
    put(folder, **files)
    assert Workspace.open(folder).rule_files() == {"rules/orders.yaml": "a"}
    (folder / "outreach.yaml").write_text(SHORT + "rules: [rules/**/*.yaml]\n", "utf-8")
    assert list(Workspace.open(folder).rule_files()) == [
        "rules/more/tickets.yaml",
        "rules/orders.yaml",
    ]


def test_templates_are_named_from_their_folder_and_hidden_files_are_left_out(folder: Path) -> None:
    put(
        folder,
        **{
            "templates/delay/en.email.md": "x",
            "templates/delay/.en.email.md.swp": "y",
            "templates/.git/z": "z",
        },
    )
    assert Workspace.open(folder).template_files() == {"delay/en.email.md": "x"}


def test_a_workspace_may_have_no_templates_yet(folder: Path) -> None:
    assert Workspace.open(folder).template_files() == {}


def test_files_that_are_not_utf8_are_said_together(folder: Path) -> None:
    put(folder, **{"rules/a.yaml": "", "rules/b.yaml": ""})
    for name in ("a", "b"):
        (folder / "rules" / f"{name}.yaml").write_bytes("x: Grüße".encode("latin-1"))
    with pytest.raises(Problems) as caught:
        Workspace.open(folder).rule_files()
    assert [problem.file for problem in caught.value.problems] == ["rules/a.yaml", "rules/b.yaml"]


def test_problems_in_templates_name_the_file_as_people_see_it(folder: Path) -> None:
    put(folder, **{"templates/delay/en.email.md": ""})
    (folder / "templates/delay/en.email.md").write_bytes(b"\xff")
    with pytest.raises(Problems) as caught:
        Workspace.open(folder).template_files()
    assert caught.value.problems[0].file == "templates/delay/en.email.md"


def test_an_owner_without_a_name_is_still_an_address(folder: Path) -> None:
    workspace = Workspace.open(folder)
    assert workspace.owner("a@b.example").name == "Anna"
    assert workspace.owner("c@d.example") == Owner("c@d.example")


def test_without_jobs_the_usual_ones_run(folder: Path) -> None:
    assert Workspace.open(folder).jobs() == DEFAULT_JOBS


def test_mistakes_in_jobs_come_at_once(folder: Path) -> None:
    put(folder, **{"jobs/a.yaml": "job: a\n", "jobs/b.yaml": "job: b\npass: fly\n"})
    with pytest.raises(Problems) as caught:
        Workspace.open(folder).jobs()
    assert {problem.file for problem in caught.value.problems} == {"jobs/a.yaml", "jobs/b.yaml"}


def test_rules_see_what_the_workspace_declares(folder: Path) -> None:
    more = "channels: {email: {provider: outbox}}\nfields: {order: {gift: yes/no}}\n"
    (folder / "outreach.yaml").write_text(SHORT + more, "utf-8")
    put(
        folder,
        **{
            "templates/delay/en.email.md": "x",
            "templates/delay/de.sms.txt": "y",
            "templates/notes.txt": "no template",
        },
    )
    names = Workspace.open(folder).names()
    assert names.channels == (Channel.EMAIL,)
    assert names.templates == {"delay": (Channel.EMAIL, Channel.SMS)}
    assert names.default_window.name == "daytime"
    assert names.catalogue.field(Kind.ORDER, "gift").type is FieldType.YES_NO


@pytest.mark.parametrize(
    ("windows", "name"),
    [
        ("", "daytime"),
        ("send_windows: {early: {hours: 07:00-09:00}}", "early"),  # the first, without daytime
        (
            "send_windows: {early: {hours: 07:00-09:00}, daytime: {hours: 10:00-11:00}}",
            "daytime",
        ),
    ],
)
def test_rules_that_name_no_window_have_one(windows: str, name: str, folder: Path) -> None:
    (folder / "outreach.yaml").write_text(SHORT + windows, "utf-8")
    assert Workspace.open(folder).names().default_window.name == name


def test_this_checkout_is_a_working_workspace() -> None:
    workspace = Workspace.open(ROOT)
    assert {"rules/orders.yaml", "rules/tickets.yaml"} <= set(workspace.rule_files())
    assert "delay-apology/en.email.md" in workspace.template_files()


def test_the_jobs_that_ship_are_the_ones_that_run_without_any() -> None:
    problems: list[Problem] = []
    texts = {p.name: p.read_text("utf-8") for p in (ROOT / "jobs").glob("*.yaml")}
    shipped = {(j.name, j.does, j.every, j.at, j.days) for j in read_jobs(texts, problems)}
    assert problems == []
    assert shipped == {(j.name, j.does, j.every, j.at, j.days) for j in DEFAULT_JOBS}

"""Further fields of new Jira issues: templates, forms, what create screens demand; told before anything is sent."""

from __future__ import annotations

import json
import tomllib
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from contract.faults import Answer, FaultServer
from contract.jira_fields import meta, named
from contract.little_jira import EMAIL, SECRET, LittleJira, Serving
from contract.on_jira import tracker_at
from hypothesis import given
from hypothesis import strategies as st

from connectors import templates
from connectors.errors import NotAllowed, RequestRejected, TargetUnreachable
from connectors.interface import FACTS, IssueDraft
from connectors.jira.fields import Fields
from connectors.jira.forms import Field, Place, Unfit, to_json
from connectors.jira.wire import Wire
from connectors.marker import Marker
from connectors.settings import JiraSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDINGS = Path(__file__).resolve().parents[3] / "shared/recordings/jira-cloud"
TIE = Marker("item-1", "2026/outage.md", "Do it", {})
ACCOUNTS = {"jo@example.com": "712020:jo", "712020:ana": "712020:ana"}
LEVELS = [{"id": "10", "value": "SEV1"}, {"id": "11", "value": "SEV2"}]
PLACES = [{"id": "1", "value": "Europe", "children": [{"id": "2", "value": "Bern"}, {"id": "3", "value": "Oslo"}]}]
CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"


def people(name: str) -> dict[str, str] | None:
    return {"accountId": ACCOUNTS[name]} if name in ACCOUNTS else None


def draft(**fields: Any) -> IssueDraft:
    return IssueDraft(**{"title": "Do it", "managed": "Why", "marker": TIE} | fields)


@contextmanager
def fields_at(url: str, version: str = "3", **settings: Any) -> Iterator[Fields]:
    known = {"url": url, "project": "OPS", "email": EMAIL}
    made = JiraSettings.model_validate(known | settings)
    wire = Wire(made, SECRET, "ops (OPS)", read_pauses=())
    wire.use(version)
    try:
        yield Fields(wire, made, "ops (OPS)", "ops")
    finally:
        wire.close()


@pytest.fixture
def jira() -> Iterator[LittleJira]:
    jira = LittleJira()
    with Serving(jira):
        yield jira


def add(jira: LittleJira, id_: str, name: str, kind: str, screen: str = "Task", **more: Any) -> None:
    jira.store.screens[screen][id_] = meta(name, kind, **more)


# Templates


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("SRE", "SRE"),
        ("{severity}", "SEV1"),
        ("{kind}: {severity}!", "task: SEV1!"),
        ("{team}", None),
        ("{kind} of {team}", None),
        ("{team|nobody}", "nobody"),
        ("{team|}", ""),
        ("{{severity}} {severity}", "{severity} SEV1"),
    ],
)
def test_a_template_is_filled_with_what_the_item_tells(template, text):
    assert templates.problem(template) is None
    assert templates.fill(template, {"severity": "SEV1", "kind": "task"}) == text


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{sevrity}", "did you mean {severity}?"),
        ("{zzz}", "there are: text, owner"),
        ("{}", "there are: text, owner"),
        ("{severity", "single '{'"),
        ("severity}", "single '}'"),
    ],
)
def test_a_template_that_cannot_be_filled_is_told(template, told):
    assert told in str(templates.problem(template))


@given(st.text(), st.dictionaries(st.sampled_from(FACTS), st.text(min_size=1)))
def test_a_template_without_a_problem_can_be_filled(template, facts):
    if templates.problem(template) is None:
        filled = templates.fill(template, facts)
        wanted = [name for name in templates.names(template) if "|" not in template]
        assert filled is not None or not set(wanted) <= set(facts)


@given(st.text())
def test_a_constant_stays_as_it_is(text):
    escaped = text.replace("{", "{{").replace("}", "}}")
    assert templates.fill(escaped, {}) == text
    assert templates.names(escaped) == ()


# Forms


def field(kind: str, **more: Any) -> Field:
    return Field.read("customfield_1", meta("It", kind, **more))


@pytest.mark.parametrize(
    ("field", "given", "form"),
    [
        (field("string"), ["one\nline"], "one line"),
        (field("string"), [True], "true"),
        (field("string", custom=f"{CUSTOM}url"), ["https://x.example/a?b"], "https://x.example/a?b"),
        (field("number"), ["2.5"], 2.5),
        (field("number"), [3], 3),
        (field("date"), ["2026-11-20"], "2026-11-20"),
        (field("datetime"), ["2026-11-20"], "2026-11-20T00:00:00.000+0000"),
        (field("datetime"), ["2026-11-20T09:30:00+02:00"], "2026-11-20T07:30:00.000+0000"),
        (field("option", allowedValues=LEVELS), ["sev2"], {"id": "11"}),
        (field("option", allowedValues=LEVELS), ["10"], {"id": "10"}),
        (field("option"), ["SEV1"], {"value": "SEV1"}),
        (field("array", items="option", allowedValues=LEVELS), ["SEV1", "SEV2"], [{"id": "10"}, {"id": "11"}]),
        (field("option-with-child", allowedValues=PLACES), ["Europe > Oslo"], {"id": "1", "child": {"id": "3"}}),
        (field("option-with-child", allowedValues=PLACES), ["Europe"], {"id": "1"}),
        (field("user"), ["jo@example.com"], {"accountId": "712020:jo"}),
        (field("user"), ["who@example.com"], None),
        (field("array", items="user"), ["712020:ana", "who"], [{"accountId": "712020:ana"}]),
        (field("array", items="string"), ["user api", "db"], ["user-api", "db"]),
        (field("array", items="component", allowedValues=named("API", "Web")), ["web"], [{"id": "2"}]),
        (field("array", items="version"), ["1.2"], [{"name": "1.2"}]),
        (field("priority", allowedValues=named("High", "Low")), ["Low"], {"id": "2"}),
        (field("project", allowedValues=[{"id": "7", "key": "WEB", "name": "Site"}]), ["WEB"], {"id": "7"}),
        (field("group"), ["sre"], {"name": "sre"}),
        (field("issuelink"), ["OPS-1"], {"key": "OPS-1"}),
        (field("any", custom="com.pyxis.greenhopper.jira:gh-epic-link"), ["OPS-1"], "OPS-1"),
        (field("team", custom=f"{CUSTOM}atlassian-team"), ["36885b3c-1bf0"], "36885b3c-1bf0"),
        (field("any"), [4], 4),
    ],
)
def test_a_value_takes_the_form_of_its_field(field, given, form):
    assert to_json(field, given, Place("3", people)) == form


@pytest.mark.parametrize(
    ("field", "given", "told"),
    [
        (field("number"), ["many"], "'many' is no number"),
        (field("number"), ["nan"], "'nan' is no number"),
        (field("date"), ["tomorrow"], "write 2026-11-20"),
        (field("datetime"), ["noon"], "is no time"),
        (field("option", allowedValues=LEVELS), ["SEV9"], "'SEV9' is none of its values: SEV1, SEV2"),
        (field("option", allowedValues=[{**LEVELS[0], "disabled": True}]), ["SEV1"], "it has none yet"),
        (field("array", items="component", allowedValues=[]), ["API"], "it has none yet"),
        (field("option", allowedValues=named(*"abcdefghijkl")), ["z"], "i, j and 2 more"),
        (field("option-with-child", allowedValues=PLACES), ["Europe > Rome"], "below 'Europe': Bern, Oslo"),
        (field("option", allowedValues=LEVELS), ["SEV1", "SEV2"], "it takes one value, not 2"),
        (field("string", custom=f"{CUSTOM}url"), ["example.com"], "no web address"),
        (field("array", items="json", custom="com.pyxis.greenhopper.jira:gh-sprint"), ["1"], "sprints are planned"),
        (field("array", items="attachment"), ["x"], "attaches no files"),
    ],
)
def test_a_value_that_its_field_does_not_take_is_refused(field, given, told):
    with pytest.raises(Unfit, match=told.replace("?", r"\?")):
        to_json(field, given, Place("3", people))


def test_a_text_of_several_lines_is_a_document_on_cloud_and_plain_before():
    several = field("string", custom=f"{CUSTOM}textarea")
    made = to_json(several, ["a *b*\n\nc"], Place("3", people))
    assert (made["type"], made["version"], len(made["content"])) == ("doc", 1, 2)
    assert to_json(several, ["a *b*\n\nc"], Place("2", people)) == "a *b*\n\nc"


def test_a_line_that_is_too_long_is_cut():
    assert to_json(field("string"), ["x" * 300], Place("3", people)) == "x" * 254 + "…"


# A project's screens


def test_the_settings_fields_join_a_new_issue(jira):
    add(jira, "customfield_1", "Severity", "option", allowedValues=LEVELS)
    add(jira, "customfield_2", "Services", "array", items="string")
    add(jira, "customfield_3", "Incident", "string")
    add(jira, "customfield_4", "Responsible", "user")
    add(jira, "customfield_5", "Told to", "string")
    wanted = {"severity": "{severity}", "customfield_2": "{services}", "Incident": "{document} ({incident_date})"}
    facts = {"severity": "sev1", "services": "api, user db", "document": "Outage", "owner": "Jo Smith"}
    more = {"Responsible": "{owner}", "Told to": "{owner}"}
    with fields_at(jira.url, fields=wanted | more) as fields:
        made = fields.of_new(draft(facts=facts, assignees=frozenset({"jo@example.com"})), people)
    assert made == {
        "customfield_1": {"id": "10"},
        "customfield_2": ["api", "user-db"],
        "customfield_4": {"accountId": "712020:jo"},
        "customfield_5": "Jo Smith",
    }


def test_an_owner_who_is_assigned_nothing_is_no_account(jira):
    add(jira, "customfield_4", "Responsible", "user")
    with fields_at(jira.url, fields={"Responsible": "{owner}"}) as fields:
        assert fields.of_new(draft(facts={"owner": "jo@example.com"}), people) == {}


def test_the_screen_is_read_once_and_page_by_page(jira, monkeypatch):
    monkeypatch.setattr("connectors.jira.screens._PAGE", 5)
    add(jira, "customfield_9", "The last one", "string")
    with fields_at(jira.url, fields={"The last one": "x"}) as fields:
        assert fields.of_new(draft(), people) == fields.of_new(draft(), people) == {"customfield_9": "x"}
    path = "GET issue/createmeta/OPS/issuetypes"
    task = next(each["id"] for each in jira.store.types() if each["name"] == "Task")
    assert jira.requests == [path, *[f"{path}/{task}"] * 3]


def test_required_fields_are_told_before_anything_is_sent_with_the_lines_to_add(jira):
    add(jira, "customfield_1", "Severity", "option", required=True, allowedValues=LEVELS)
    add(jira, "customfield_2", "Story points", "number", required=True)
    add(jira, "customfield_3", "Platform", "array", items="option", required=True, allowedValues=LEVELS)
    add(jira, "customfield_4", "Has a default", "string", required=True, hasDefaultValue=True)
    with fields_at(jira.url) as fields, pytest.raises(RequestRejected) as caught:
        fields.of_new(draft(facts={"severity": "SEV1"}), people)
    error = caught.value
    assert "Severity, Story points, Platform" in error.message
    assert "default" not in error.message
    assert set(error.refused) == {"customfield_1", "customfield_2", "customfield_3"}
    assert "[targets.ops.fields]" in error.advice
    assert '`"Severity" = "{severity}"`' in error.advice
    assert all(request.startswith("GET ") for request in jira.requests)


def test_the_lines_to_add_make_the_issue_possible(jira):
    add(jira, "customfield_1", "Severity", "option", required=True, allowedValues=LEVELS)
    add(jira, "customfield_2", "Points", "number", required=True)
    add(jira, "customfield_3", "Platform", "array", items="option", required=True, allowedValues=LEVELS)
    add(jira, "customfield_5", "Kind", "string", required=True)
    add(jira, "customfield_6", "Kind", "string", required=True)
    add(jira, "customfield_7", "When", "datetime", required=True)
    with fields_at(jira.url) as fields:
        lines = "\n".join([fields.table, *(each.line for each in fields.missing())])
    wanted = tomllib.loads(lines)["targets"]["ops"]["fields"]
    with fields_at(jira.url, fields=wanted) as fields:
        assert fields.missing() == ()
        assert fields.problems() == ()
        made = fields.of_new(draft(facts={"severity": "SEV2", "kind": "task"}), people)
    assert (made["customfield_1"], made["customfield_3"]) == ({"id": "11"}, [{"id": "10"}])
    assert (made["customfield_5"], made["customfield_6"]) == ("task", "task")


def test_a_required_field_whose_fact_is_unknown_is_told_with_the_way_out(jira):
    add(jira, "customfield_1", "Severity", "option", required=True, allowedValues=LEVELS)
    with fields_at(jira.url, fields={"Severity": "{severity}"}) as fields:
        assert fields.missing() == ()
        with pytest.raises(RequestRejected, match=r"tells no severity.*\{severity\|…\}"):
            fields.of_new(draft(), people)
    with fields_at(jira.url, fields={"Severity": "{severity|SEV2}"}) as fields:
        assert fields.of_new(draft(), people) == {"customfield_1": {"id": "11"}}


def test_what_a_draft_tells_is_the_trackers_and_the_settings_value_is_for_others(jira):
    jira.store.screens["Task"]["duedate"]["required"] = True
    with fields_at(jira.url) as fields:
        assert [(each.id, each.sometimes) for each in fields.missing()] == [("duedate", True)]
        assert fields.of_new(draft(due=date(2026, 11, 20)), people) == {}
        with pytest.raises(RequestRejected, match="Due date"):
            fields.of_new(draft(), people)
    with fields_at(jira.url, fields={"Due date": "2026-12-31"}) as fields:
        assert fields.of_new(draft(due=date(2026, 11, 20)), people) == {}
        assert fields.of_new(draft(), people) == {"duedate": "2026-12-31"}


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"Severty": "x"}, "did you mean 'Severity'?"),
        ({"Quux": "x"}, "has no such field"),
        ({"Severity": "SEV9"}, "'SEV9' is none of its values: SEV1, SEV2"),
        ({"Twin": "x"}, "write the id of one: customfield_2, customfield_3"),
        ({"Labels": "x"}, "name more of them in `labels`"),
        ({"Summary": "x"}, "Closeout sets it by itself"),
        ({"Sprint": "12"}, "sprints are planned by people"),
        ({"Responsible": "who@example.com"}, "nobody is known as who@example.com"),
    ],
)
def test_settings_that_do_not_fit_are_told_before_anything_is_sent(jira, wanted, told):
    add(jira, "customfield_1", "Severity", "option", allowedValues=LEVELS)
    add(jira, "customfield_2", "Twin", "string")
    add(jira, "customfield_3", "twin", "string")
    add(jira, "customfield_4", "Sprint", "array", items="json", custom="com.pyxis.greenhopper.jira:gh-sprint")
    add(jira, "customfield_5", "Responsible", "user")
    with fields_at(jira.url, fields=wanted | {"Parent": "OPS-1"}) as fields:
        with pytest.raises(RequestRejected) as caught:
            fields.of_new(draft(), people)
        assert told in caught.value.message
        assert bool(fields.problems()) is (wanted != {"Responsible": "who@example.com"})
    assert all(request.startswith("GET ") for request in jira.requests)


def test_a_postmortems_own_issue_takes_what_its_screen_has(jira):
    add(jira, "customfield_1", "Severity", "option", allowedValues=LEVELS)
    add(jira, "customfield_1", "Severity", "option", "Epic", allowedValues=LEVELS)
    add(jira, "customfield_2", "Points", "number")
    epic_name = "com.pyxis.greenhopper.jira:gh-epic-label"
    add(jira, "customfield_8", "Epic Name", "string", "Epic", required=True, custom=epic_name)
    with fields_at(jira.url, fields={"Severity": "SEV1", "Points": 3}) as fields:
        assert fields.missing(whole=True) == ()
        made = fields.of_new(draft(whole=True, title="Outage"), people)
    assert made == {"customfield_1": {"id": "10"}, "customfield_8": "Outage"}


def test_what_a_screen_takes(jira):
    with fields_at(jira.url) as fields:
        assert (fields.has("priority"), fields.parent()) == (True, "parent")
    del jira.store.screens["Task"]["priority"], jira.store.screens["Task"]["parent"]
    with fields_at(jira.url) as fields:
        assert (fields.has("priority"), fields.parent()) == (False, None)
        assert fields.has("priority", whole=True)
    add(jira, "customfield_10014", "Epic Link", "any", custom="com.pyxis.greenhopper.jira:gh-epic-link")
    with fields_at(jira.url) as fields:
        assert fields.parent() == "customfield_10014"


def test_an_issue_type_that_is_not_there_is_told_with_those_that_are(jira):
    with fields_at(jira.url, issue_type="Tsak") as fields, pytest.raises(RequestRejected) as caught:
        fields.of_new(draft(), people)
    assert "Epic, Task, Bug, Sub-task" in caught.value.message
    assert 'issue_type = "Task"' in caught.value.advice


def test_what_cannot_be_read_leaves_nothing_in_doubt():
    with FaultServer(Answer(data={"issueTypes": [{"nonsense": 1}]})) as server:
        with fields_at(server.url) as fields, pytest.raises(TargetUnreachable, match="create metadata"):
            fields.of_new(draft(), people)
        assert server.verbs == ["GET"]


def test_data_center_pages_are_read_as_well():
    def page(*values: Any, start: int, last: bool) -> Answer:
        return Answer(data={"values": values, "startAt": start, "maxResults": 1, "total": 2, "isLast": last})

    answers = [
        page({"id": "3", "name": "Task"}, start=0, last=True),
        page({"fieldId": "summary", **meta("Summary", "string", required=True)}, start=0, last=False),
        page({"fieldId": "customfield_1", **meta("Note", "string", required=True)}, start=1, last=True),
    ]
    with FaultServer(*answers) as server, fields_at(server.url, "2") as fields:
        assert [each.line for each in fields.missing()] == ['"Note" = "…"']
    assert [request.query["startAt"] for request in server.seen] == ["0", "0", "1"]


def test_jira_takes_every_form_and_stores_it(jira):
    add(jira, "customfield_1", "Level", "option", allowedValues=LEVELS)
    add(jira, "customfield_2", "Levels", "array", items="option", allowedValues=LEVELS)
    add(jira, "customfield_3", "Place", "option-with-child", allowedValues=PLACES)
    add(jira, "customfield_4", "Impact", "string", custom=f"{CUSTOM}textarea")
    add(jira, "customfield_5", "Cost", "number")
    add(jira, "customfield_6", "Started", "datetime")
    add(jira, "customfield_7", "Reviewer", "user")
    add(jira, "customfield_8", "Tags", "array", items="string")
    add(jira, "customfield_9", "Source", "string", custom=f"{CUSTOM}url")
    jira.store.screens["Task"]["components"]["allowedValues"] = named("API", "Web")
    wanted = {
        "Level": "{severity}",
        "Levels": ["SEV1", "SEV2"],
        "Place": "Europe > Bern",
        "Impact": "**{document}**: see [it]({url})\n\n- one\n- two",
        "Cost": 2.5,
        "Started": "{incident_date}",
        "Reviewer": "ana@example.com",
        "Tags": "{services}",
        "Source": "{url}",
        "Components": "api",
    }
    facts = {"severity": "SEV2", "document": "Outage", "url": "https://x.example/a#L3", "services": "user db, api"}
    with tracker_at(jira.url, fields=wanted) as tracker:
        opened = tracker.create(draft(facts=facts | {"incident_date": "2026-11-02"}))
    stored = jira.store.find(opened.ref.key).fields
    assert stored["customfield_1"]["value"] == "SEV2"
    assert [each["value"] for each in stored["customfield_2"]] == ["SEV1", "SEV2"]
    assert (stored["customfield_3"]["value"], stored["customfield_3"]["child"]["value"]) == ("Europe", "Bern")
    assert stored["customfield_4"]["content"][1]["type"] == "bulletList"
    assert (stored["customfield_5"], stored["customfield_7"]) == (2.5, "5b10a2844c20165700ede21g")
    assert stored["customfield_6"].startswith("2026-11-02T00:00:00")
    assert (stored["customfield_8"], stored["customfield_9"]) == (["user-db", "api"], "https://x.example/a#L3")
    assert [each["name"] for each in stored["components"]] == ["API"]


# Jira before 8.4, and what a real one told


def of_old(*answers: Answer) -> FaultServer:
    return FaultServer(Answer(404, {"message": "null for uri", "status-code": 404}), *answers)


def test_without_the_newer_metadata_the_older_is_read():
    screen = {"summary": meta("Summary", "string", required=True), "customfield_1": meta("Note", "string")}
    types = [{"id": 3, "name": "Task", "fields": screen}]
    with (
        of_old(Answer(data={"projects": [{"key": "OPS", "issuetypes": types}]})) as server,
        fields_at(server.url, "2", fields={"note": "x"}) as fields,
    ):
        assert fields.of_new(draft(), people) == {"customfield_1": "x"}
    assert server.seen[1].query == {"projectKeys": "OPS", "expand": "projects.issuetypes.fields"}


@pytest.mark.parametrize("answer", [Answer(data={"projects": []}), Answer(404, {})])
def test_a_project_that_may_not_be_seen_is_told(answer):
    with of_old(answer) as server, fields_at(server.url) as fields, pytest.raises(NotAllowed, match="no project OPS"):
        fields.of_new(draft(), people)


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings of a real Jira Cloud are not beside this checkout")
@pytest.mark.parametrize("file", sorted(RECORDINGS.glob("*.yaml")), ids=lambda file: file.stem[:30])
def test_the_metadata_of_a_real_jira_is_read(file):
    exchanges = yaml.safe_load(file.read_text("utf-8"))["interactions"]
    told = [
        json.loads(each["response"]["body"]["string"])
        for each in exchanges
        if "createmeta" in each["request"]["uri"] and each["response"]["status"]["code"] == 200
    ]
    assert told
    for answer in told:
        (project,) = answer["projects"]
        settings = {"project": "NTEST", "issue_type": project["issuetypes"][0]["name"], "fields": {"Priority": "low"}}
        with of_old(Answer(data=answer)) as server, fields_at(server.url, **settings) as fields:
            assert fields.missing() == ()
            assert fields.screen().fields["priority"].names() == ["Highest", "High", "Medium", "Low", "Lowest"]
            assert (fields.has("labels"), fields.has("duedate")) == (True, False)
            assert fields.of_new(draft(), people) == {"priority": {"id": "4"}}

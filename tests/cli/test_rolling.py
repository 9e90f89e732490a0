"""`closeout report --send` of a report with a rolling issue, as a shell sees it."""

import json

import jsonschema
import pytest
from workplace import SETTINGS, postmortem

from tracker.render.deliveries import DeliveriesOutput

WEEKLY = '[reports.open]\nkind = "postmortems"\nrolling = true\n'


@pytest.fixture
def synced(folder, closeout):
    (folder / "closeout.toml").write_text(SETTINGS + WEEKLY, "utf-8")
    (folder / "postmortems/a.md").write_text(postmortem("Add alerts (due: 2026-11-20)", "Write it down"), "utf-8")
    code, _, _ = closeout("sync")
    assert code == 0
    return closeout


def test_a_dry_run_tells_it_in_a_table_and_writes_nothing(synced):
    code, out, err = synced("report", "open", "--send", "--dry-run")
    assert (code, err) == (0, "")
    assert out.splitlines()[1].split() == ["would-send", "an", "issue", "in", "local", "rolling", "2", "opened"]
    _, listed, _ = synced("issues", "list", "--format", "json")
    assert len(json.loads(listed)["issues"]) == 2


def test_json_holds_the_text_and_keeps_its_schema(synced):
    for options in (("--dry-run",), ()):
        code, out, _ = synced("report", "open", "--send", *options, "--format", "json")
        told = json.loads(out)
        jsonschema.validate(told, DeliveriesOutput.model_json_schema(mode="serialization"))
        [each] = told["deliveries"]
        assert (code, each["channel"], each["items"]) == (0, "rolling", 2)
    assert (each["outcome"], each["why"], each["detail"], each["text"]) == ("sent", "opened", "#3", None)
    _, listed, _ = synced("issues", "list", "--format", "json")
    ours = json.loads(listed)["issues"][-1]
    assert (ours["title"], ours["item"]) == ("Open corrective actions", None)


def test_the_text_of_a_dry_run_is_what_the_issue_says(synced):
    _, out, _ = synced("report", "open", "--send", "--dry-run", "--format", "json")
    text = json.loads(out)["deliveries"][0]["text"]
    synced("report", "open", "--send")
    _, shown, _ = synced("issues", "show", "3", "--format", "json")
    assert text in json.loads(shown)["issues"][0]["body"]


def test_each_further_outcome_is_told(synced):
    code, out, err = synced("report", "open", "--send")
    assert (code, err) == (0, "")
    assert out.splitlines()[1].split() == ["sent", "issue", "#3", "rolling", "2", "opened:", "#3"]
    code, out, _ = synced("report", "open", "--send")
    assert (code, out.splitlines()[1].split()) == (0, ["unchanged", "issue", "#3", "rolling", "2", "#3"])
    synced("issues", "close", "3")
    code, out, _ = synced("report", "open", "--send")
    assert code == 0
    assert "left-closed" in out
    assert "somebody closed it; open it again to have it kept: #3" in out


def test_what_was_done_stands_in_the_history(synced):
    synced("report", "open", "--send")
    _, out, _ = synced("history")
    assert "opened issue #3, the list of open" in out


def test_a_channel_cannot_be_called_so(folder, closeout):
    more = '[channels.rolling]\nurl_env = "CLOSEOUT_OPS"\n'
    (folder / "closeout.toml").write_text(SETTINGS + more, "utf-8")
    code, _, err = closeout("status")
    assert code == 2
    assert "channels.rolling: this name means rolling issues" in err


def test_metrics_and_status_know_no_item_more(synced):
    synced("report", "open", "--send")
    synced("sync")
    _, out, _ = synced("status", "--format", "json")
    assert len(json.loads(out)["items"]) == 2
    code, _, _ = synced("metrics")
    assert code == 0
    _, out, _ = synced("plan", "--format", "json")
    assert all(not plan["actions"] for plan in json.loads(out)["plans"])

"""Reports sent by channels, through Apprise to a real webhook on loopback."""

import logging
from dataclasses import replace

import pytest
from entries import BOOK, NOW, build, entry
from mailroom import Hook, Notebook

from tracker.audience import Recipient, for_recipient
from tracker.deliver import DeliveryOutcome, send_report
from tracker.deliver.channels import Channel
from tracker.errors import Unavailable, UsageError
from tracker.ledger import Key
from tracker.render.chat import notice
from tracker.report import SectionKind

SECRET = "T0PS3CRET"
REPORT = build(
    [
        entry("Alert on <pool> saturation, *now* @channel", owner="jo", days=-2, issue=3),
        entry("Rehearse a restore", owner="jo", days=3, line=2),
    ]
)
PART = for_recipient(REPORT, BOOK.get("jo"))
OUTCOME = DeliveryOutcome


@pytest.fixture
def hook():
    started = Hook()
    yield started
    started.stop()


@pytest.fixture
def ledger():
    return Notebook()


def person(key, *channels, **fields):
    return Recipient(replace(BOOK.get("jo"), key=key, channels=channels, **fields), PART)


def send(hook, ledger, *to, addresses=None, timeout=5.0, now=NOW):
    addresses = addresses or {"ops": hook.address()}

    def open_way(name):
        return Channel(name, addresses[name], timeout, notice)

    return send_report(REPORT, to, open_way=open_way, ledger=ledger, clock=lambda: now)


def outcomes(deliveries):
    return [(each.recipient.key, each.channel, each.outcome) for each in deliveries]


def test_a_channel_gets_a_short_message_with_links_and_why(hook, ledger):
    [delivery] = send(hook, ledger, person("jo", "ops"))
    assert (delivery.outcome, delivery.channel, delivery.items) == (OUTCOME.SENT, "ops", 2)
    [(path, message)] = hook.posts
    assert path == f"/{SECRET}/hook"
    assert message["title"] == "Open corrective actions: 1 overdue, 1 due soon (2026-W47)"
    text = message["message"]
    assert "**Overdue**" in text
    assert "[acme/ops#3](https://github.com/acme/ops/issues/3)" in text
    assert "2 days overdue" in text
    assert "You get this because you own 2 open action items" in text
    assert "@channel" not in text
    assert "Alert on \\<pool\\> saturation, \\*now\\* @\u200bchannel" in text
    assert text.index("Alert on") < text.index("Due soon") < text.index("Rehearse")


def test_each_channel_of_a_recipient_is_a_sending_of_its_own(hook, ledger):
    addresses = {"ops": hook.address("ops/x"), "boss": hook.address("boss/x")}
    hook.status, hook.only = 503, "/boss"
    found = send(hook, ledger, person("jo", "ops", "boss"), addresses=addresses)
    assert outcomes(found) == [("jo", "ops", OUTCOME.SENT), ("jo", "boss", OUTCOME.FAILED)]
    hook.status = 200
    later = found[1].again_at
    found = send(hook, ledger, person("jo", "ops", "boss"), addresses=addresses, now=later)
    assert outcomes(found) == [("jo", "ops", OUTCOME.ALREADY_SENT), ("jo", "boss", OUTCOME.SENT)]
    assert [path for path, _ in hook.posts] == ["/ops/x", "/boss/x"]


@pytest.mark.parametrize("status", [302, 400, 403, 404, 429, 500, 503])
def test_what_the_service_refuses_is_a_failure_told_without_the_address(hook, ledger, caplog, status):
    caplog.set_level(logging.DEBUG)
    hook.status = status
    [delivery] = send(hook, ledger, person("jo", "ops"))
    assert delivery.outcome is OUTCOME.FAILED
    assert str(status) in delivery.detail
    assert SECRET not in delivery.detail + str(ledger.details)
    assert all(SECRET not in record.getMessage() for record in caplog.records if record.name == "apprise")
    assert any(record.name == "apprise" for record in caplog.records)
    assert hook.posts == []


def test_half_of_the_recipients_failing_leaves_the_other_half_served(hook, ledger):
    hook.status, hook.only = 404, "/bad"
    addresses = {"good": hook.address("good/x"), "bad": hook.address("bad/x")}
    people = [person(f"p{number}", "bad" if number % 2 else "good") for number in range(6)]
    found = send(hook, ledger, *people, addresses=addresses)
    assert [each.outcome for each in found] == [OUTCOME.SENT, OUTCOME.FAILED] * 3
    assert len(hook.posts) == 3


def test_an_answer_that_does_not_come_in_time_is_a_failure(hook, ledger):
    hook.wait.clear()
    [delivery] = send(hook, ledger, person("jo", "ops"), timeout=0.2)
    assert delivery.outcome is OUTCOME.FAILED
    assert delivery.detail
    assert SECRET not in delivery.detail


def test_a_channel_that_keeps_failing_is_down_and_costs_the_others_no_attempt(hook, ledger):
    hook.status = 500
    people = [person(f"p{number}", "ops") for number in range(5)]
    with pytest.raises(Unavailable, match="3 times in a row") as caught:
        send(hook, ledger, *people)
    assert SECRET not in f"{caught.value}"
    attempts = [ledger.entries[Key("weekly", f"p{number}", "2026-W47", "ops")].attempts for number in range(5)]
    assert attempts == [1, 1, 1, 0, 0]
    hook.status = 200
    found = send(hook, ledger, *people)
    assert [each.outcome for each in found] == [OUTCOME.WAITING] * 3 + [OUTCOME.SENT] * 2


def test_an_address_that_nobody_can_read_is_told_without_it(hook, ledger):
    with pytest.raises(UsageError, match="can't read") as caught:
        send(hook, ledger, person("jo", "ops"), addresses={"ops": f"nonsense://{SECRET}"})
    assert SECRET not in f"{caught.value} {caught.value.advice}"


def test_an_address_can_be_each_recipients_own(hook, ledger):
    addresses = {"dm": hook.address("dm/{slack}")}
    found = send(hook, ledger, person("jo", "dm", slack="U02/4"), person("ann", "dm"), addresses=addresses)
    assert [each.outcome for each in found] == [OUTCOME.SENT, OUTCOME.FAILED]
    assert [path for path, _ in hook.posts] == ["/dm/U02/4"] or [path for path, _ in hook.posts] == ["/dm/U02%2F4"]
    assert "`slack`" in found[1].detail


def test_a_nobodys_server_is_a_failure(hook, ledger):
    hook.stop()
    [delivery] = send(hook, ledger, person("jo", "ops"), timeout=1.0)
    assert delivery.outcome is OUTCOME.FAILED


def test_a_message_says_whose_items_are_that_are_not_the_recipients_own():
    mixed = build([entry("own", owner="ann", days=-1), entry("stray", owner=None, days=-2), entry("odd", owner="*X*")])
    text = notice(for_recipient(mixed, BOOK.get("ann"))).text
    headings = [line for line in text.splitlines() if line.startswith("**")]
    assert headings == ["**Overdue**", "**Overdue** · No owner", "**No issue yet** · Owners nobody knows"]
    assert [text.index(each) for each in headings] == sorted(text.index(each) for each in headings)
    [section] = PART.sections
    brought = replace(PART, recipient=BOOK.get("ann"), sections=(replace(section, kind=SectionKind.ESCALATED),))
    assert "**Overdue** · Escalated to you: Jo Smith's" in notice(brought).text


def test_a_message_names_the_most_pressing_and_counts_the_rest():
    many = build([entry(f"Do number {number}", owner="jo", days=-number, line=number) for number in range(1, 40)])
    text = notice(for_recipient(many, BOOK.get("jo"))).text
    assert text.count("\n- ") == 10
    assert "Do number 39" in text
    assert "… and 29 more." in text

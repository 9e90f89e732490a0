"""Reports sent by mail, to a real SMTP server on loopback."""

import smtplib
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from entries import BOOK, NOW, build, entry, patient
from hypothesis import example, given
from hypothesis import strategies as st
from mailroom import PASSWORD, Notebook, Post, Server

from tracker.audience import Recipient, for_recipient, recipients
from tracker.deliver import DeliveryOutcome, Refused, SmtpMailer, send_report, would_send
from tracker.deliver.mail import ascii_domain, compose
from tracker.errors import Unavailable, UsageError
from tracker.ledger import Key
from tracker.people import Owner
from tracker.render import render_letter
from tracker.report import Letter
from tracker.settings import MailSettings

SENT, FAILED = DeliveryOutcome.SENT, DeliveryOutcome.FAILED


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def ledger():
    return Notebook()


@pytest.fixture
def start():
    """Start a server; all are stopped afterwards."""
    running = []

    def run(post, **options):
        controller = Server(post, hostname="127.0.0.1", port=0, **options)
        controller.start()
        running.append(controller)
        return controller.port

    yield run
    for controller in running:
        controller.stop()


def settings(port, **fields):
    values = {"host": "127.0.0.1", "security": "none", "sender": "closeout@example.org", "timeout": 5, **fields}
    return MailSettings(port=port, **values)


REPORT = build([entry(owner="jo", days=-2, issue=3), entry(owner="dba"), entry(owner="max"), entry(owner=None)])


def send(port, ledger, *, report=REPORT, to=None, now=NOW, password=None, progress=None, **fields):
    return send_report(
        report,
        recipients(report).recipients if to is None else to,
        open_way=lambda _: SmtpMailer(settings(port, **fields), password, render_letter),
        ledger=ledger,
        clock=lambda: now,
        progress=progress,
    )


LATER = NOW + timedelta(minutes=5)


def outcomes(deliveries):
    return {delivery.recipient.key: delivery.outcome.value for delivery in deliveries}


def body(mail, kind):
    """One part of a mail, its line ends as they were before the journey."""
    return mail.get_body((kind,)).get_content().replace("\r\n", "\n")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_each_recipient_gets_their_own_part_over_one_connection(post, ledger, start):
    seen = []
    deliveries = send(start(post), ledger, progress=seen.append)
    assert outcomes(deliveries) == {"jo": "sent", "max": "no-address", "dba": "sent", "ann": "sent"}
    assert seen == list(deliveries)
    assert post.to == ["jo@example.org", "dba@example.org", "ann@example.org"]
    assert post.connections == 1
    assert set(ledger.rows.values()) == {"sent"}
    assert "Alert on pool saturation" in post.mail("jo@example.org").get_body(("html",)).get_content()


def test_a_mail_has_both_parts_and_the_headers_that_machines_look_for(post, ledger, start):
    send(start(post), ledger)
    mail = post.mail("jo@example.org")
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert all(part.get_content_charset() == "utf-8" for part in mail.iter_parts())
    assert mail["From"] == "Closeout <closeout@example.org>"
    assert mail["To"] == "Jo Smith <jo@example.org>"
    assert mail["Subject"] == "Open corrective actions: 1 overdue (2026-W47)"
    assert parsedate_to_datetime(mail["Date"]) == NOW
    assert mail["List-Id"] == "<weekly.closeout.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@example.org>")
    assert mail["MIME-Version"] == "1.0"
    letter = render_letter(for_recipient(REPORT, BOOK.get("jo")))
    assert body(mail, "plain") == letter.text
    assert body(mail, "html") == letter.html
    assert max(map(len, post.mails[0][2].splitlines())) <= 998


def test_the_second_sending_of_a_period_sends_nothing_and_the_next_period_does(post, ledger, start):
    port = start(post)
    send(port, ledger)
    again = send(port, ledger)
    assert outcomes(again) == {"jo": "already-sent", "max": "no-address", "dba": "already-sent", "ann": "already-sent"}
    assert len(post.mails) == 3
    later = build([entry(owner="jo")], today=REPORT.today + timedelta(days=7), fallback=None)
    assert outcomes(send(port, ledger, report=later)) == {"jo": "sent"}
    first, second = [message_from_bytes(post.mails[number][2])["Message-ID"] for number in (0, 3)]
    assert first != second


def test_nobody_connects_when_everybody_has_been_served(post, ledger, start):
    send(start(post), ledger)
    assert outcomes(send(free_port(), ledger))["jo"] == "already-sent"


@pytest.mark.parametrize(
    ("trouble", "words"), [("turned_away", "550 5.1.1"), ("refused", "554 5.7.1"), ("greylisted", "421 4.7.0")]
)
def test_one_recipients_failure_is_their_own_and_is_tried_again(post, ledger, start, trouble, words):
    port = start(post)
    getattr(post, trouble).add("dba@example.org")
    deliveries = send(port, ledger)
    assert outcomes(deliveries) == {"jo": "sent", "max": "no-address", "dba": "failed", "ann": "sent"}
    assert words in next(each.detail for each in deliveries if each.outcome is FAILED)
    assert words in ledger.details["dba"]
    getattr(post, trouble).clear()
    assert outcomes(send(port, ledger))["dba"] == "waiting"
    assert outcomes(send(port, ledger, now=LATER))["dba"] == "sent"
    assert sorted(post.to) == ["ann@example.org", "dba@example.org", "jo@example.org"]


def test_a_lost_connection_is_made_again_for_the_next(post, ledger, start):
    post.hung_up_on.add("jo@example.org")
    deliveries = send(start(post), ledger)
    assert outcomes(deliveries) == {"jo": "failed", "max": "no-address", "dba": "sent", "ann": "sent"}
    assert "may have arrived" in ledger.details["jo"]


def test_a_server_that_hangs_up_between_two_mails_costs_nobody_theirs(post, ledger, start):
    post.impatient = True
    assert outcomes(send(start(post), ledger)) == {"jo": "sent", "max": "no-address", "dba": "sent", "ann": "sent"}
    assert post.connections == 3
    assert len(post.mails) == 3


def test_an_address_with_accents_before_the_at_sign_fails_alone(post, ledger, start):
    part = for_recipient(REPORT, BOOK.get("jo"))
    both = [Recipient(Owner("é", "É", "é@example.org"), part), Recipient(BOOK.get("jo"), part)]
    found = send(start(post), ledger, to=both)
    assert [each.outcome for each in found] == [FAILED, SENT]
    assert "é@example.org (or the sender" in found[0].detail


def test_a_server_that_keeps_hanging_up_is_down(post, ledger, start):
    post.hung_up_on.update({"jo@example.org", "dba@example.org", "ann@example.org"})
    port = start(post)
    with pytest.raises(Unavailable, match="2 times in a row"):
        send(port, ledger)
    assert post.connections == 2
    assert set(ledger.rows.values()) == {"failed"}
    post.hung_up_on.clear()
    again = send(port, ledger)
    assert outcomes(again) == {"jo": "waiting", "max": "no-address", "dba": "waiting", "ann": "sent"}
    assert {each.again_at for each in again if each.outcome is DeliveryOutcome.WAITING} == {LATER}


def test_a_server_that_goes_down_half_way_fails_the_rest_only(post, ledger, start):
    post.hung_up_on.update({"dba@example.org", "ann@example.org"})
    deliveries = send(start(post), ledger)
    assert outcomes(deliveries) == {"jo": "sent", "max": "no-address", "dba": "failed", "ann": "failed"}


def test_a_server_that_is_down_serves_nobody_and_the_claims_are_let_go(ledger, post, start):
    with pytest.raises(Unavailable) as caught:
        send(free_port(), ledger)
    assert caught.value.exit_code == 5
    assert caught.value.where.startswith("mail server 127.0.0.1:")
    assert "mail.host" in caught.value.advice
    assert set(ledger.rows.values()) == {"failed"}
    assert outcomes(send(start(post), ledger))["jo"] == "sent"


def login(post, **options):
    return {"authenticator": post.check, "auth_require_tls": False, **options}


def test_the_login_of_the_settings_is_used(post, ledger, start):
    port = start(post, **login(post))
    assert outcomes(send(port, ledger, username="bot", password=PASSWORD))["jo"] == "sent"
    assert post.logins == ["bot"]


def test_a_wrong_password_is_one_clear_error_without_the_password(post, ledger, start):
    port = start(post, **login(post))
    with pytest.raises(Unavailable) as caught:
        send(port, ledger, username="bot", password="hunter2-wrong")
    assert "does not accept the login (535" in caught.value.message
    assert "CLOSEOUT_SMTP_PASSWORD" in caught.value.advice
    assert "hunter2" not in f"{caught.value}{caught.value.advice}{ledger.details}"
    assert set(ledger.rows.values()) == {"failed"}
    assert post.mails == []


def test_a_password_that_the_server_repeats_is_hidden(post, ledger, start):
    post.turned_away.add("jo@example.org")
    send(start(post, **login(post)), ledger, username="bot", password=PASSWORD)
    assert ledger.details["jo"] == "the mail server refused it: 550 5.1.1 no such mailbox ***"


def test_a_user_name_needs_a_password():
    with pytest.raises(UsageError, match="no password"):
        SmtpMailer(settings(25, username="bot"), None, render_letter)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that signs itself: the path of it with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(signed.public_bytes(encoding) + private)
    return path


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture(params=["starttls", "tls"])
def secure(request, post, start, tls):
    """A server with transport security: its port and the setting."""
    options = {"ssl_context": tls} if request.param == "tls" else {"tls_context": tls, "require_starttls": True}
    return start(post, **options), request.param


def test_a_trusted_certificate_is_accepted(secure, post, ledger, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    port, security = secure
    assert outcomes(send(port, ledger, security=security))["jo"] == "sent"


def test_an_untrusted_certificate_is_not(secure, post, ledger):
    port, security = secure
    with pytest.raises(Unavailable, match="certificate can't be trusted"):
        send(port, ledger, security=security)
    assert post.mails == []


def test_what_the_system_trusts_is_only_read_where_something_is_encrypted(post, ledger, start, monkeypatch):
    monkeypatch.setattr("ssl.create_default_context", lambda: pytest.fail("it takes longer than the mail"))
    assert outcomes(send(start(post), ledger))["jo"] == "sent"


def test_a_server_without_starttls_is_told_nothing(post, ledger, start):
    port = start(post, **login(post))
    with pytest.raises(Unavailable, match="STARTTLS"):
        send(port, ledger, security="starttls", username="bot", password=PASSWORD)
    assert post.logins == []


def test_a_dry_run_lists_who_would_get_what_and_why(ledger):
    def look(now=NOW):
        return would_send(REPORT, recipients(REPORT).recipients, known=ledger.entries, now=now)

    found = look()
    assert outcomes(found) == {"jo": "would-send", "max": "no-address", "dba": "would-send", "ann": "would-send"}
    assert "you own 1 open action item" in found[0].why
    assert [each.items for each in found] == [1, 1, 1, 1]
    key = Key("weekly", "jo", "2026-W47")
    assert ledger.claim(key, NOW)
    assert outcomes(look())["jo"] == "under-way"
    ledger.failed(key, NOW, "no such mailbox", LATER)
    assert outcomes(look())["jo"] == "waiting"
    [again] = [each for each in look(LATER) if each.recipient.key == "jo"]
    assert (again.outcome.value, again.detail) == ("would-send", "attempt 2, after: no such mailbox")
    assert ledger.claim(key, LATER)
    ledger.sent(key, LATER)
    assert outcomes(look(LATER))["jo"] == "already-sent"


def test_nothing_to_say_is_not_said(post, ledger, start):
    quiet = build([entry(owner="jo")])
    assert outcomes(send(start(post), ledger, report=quiet)) == {"jo": "sent", "ann": "nothing-to-say"}
    found = would_send(quiet, recipients(quiet).recipients, known={}, now=NOW)
    assert outcomes(found) == {"jo": "would-send", "ann": "nothing-to-say"}


def test_who_is_held_back_gets_nothing_yet_and_claims_nothing(post, ledger, start):
    port = start(post)
    held = [replace(each, held_back="away until 2026-11-30") for each in recipients(REPORT).recipients]
    for found in (send(port, ledger, to=held), would_send(REPORT, held, known={}, now=NOW)):
        assert outcomes(found) == {"jo": "held-back", "max": "no-address", "dba": "held-back", "ann": "held-back"}
        assert found[0].detail == "away until 2026-11-30"
    assert (ledger.entries, post.mails) == ({}, [])
    send(port, ledger)
    assert outcomes(send(port, ledger, to=held))["jo"] == "already-sent"


def test_a_failing_recipient_is_tried_after_longer_and_longer_waits_and_then_given_up(post, ledger, start):
    port, now, tries = start(post), NOW, []
    post.turned_away.add("jo@example.org")
    only_jo = [each for each in recipients(REPORT).recipients if each.owner.key == "jo"]
    for _ in range(60 * 40):  # every minute for forty hours, as nobody would
        [delivery] = send(port, ledger, to=only_jo, now=now)
        if delivery.outcome in {FAILED, DeliveryOutcome.GIVEN_UP} and delivery.channel and post.asked:
            tries.append((now - NOW) / timedelta(minutes=1))
            post.asked = 0
        now += timedelta(minutes=1)
        if ledger.rows["jo"] == "given-up":
            break
    assert tries == [0, 5, 35, 155, 515, 1955]
    assert outcomes(send(port, ledger, to=only_jo, now=now)) == {"jo": "given-up"}
    post.turned_away.clear()
    assert outcomes(send(port, ledger, to=only_jo, now=now + timedelta(days=2))) == {"jo": "given-up"}
    assert post.mails == []


class Broken:
    """A way out that fails in a way nobody foresaw."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def send(self, *_mail):
        raise KeyboardInterrupt


def test_an_interrupted_sending_lets_go_of_its_claim(ledger):
    with pytest.raises(KeyboardInterrupt):
        send_report(
            REPORT, recipients(REPORT).recipients, open_way=lambda _: Broken(), ledger=ledger, clock=lambda: NOW
        )
    assert ledger.rows == {"jo": "failed"}


def test_an_address_that_is_none_fails_alone(post, ledger, start):
    part = for_recipient(REPORT, BOOK.get("jo"))
    odd = [Recipient(Owner(str(number), "Odd", email), part) for number, email in enumerate(["a@", "a..b@c..d", "<@>"])]
    found = send(start(post), ledger, to=odd)
    assert {each.outcome for each in found} == {FAILED}
    assert post.mails == []


def mail(name="Jo", subject="s", text="t\n", html="<p>t</p>\n", sender="closeout@example.org", to="jo@example.org"):
    return compose(REPORT, Letter(subject, text, html), Owner("jo", name), to, sender=sender, now=NOW)


@patient
@example("", "0000000000¡¡¡¡¡¡¡¡¡¡¡¡¡¡¡¡ ¡ ¡")
@given(st.text(max_size=120), st.text(max_size=300))
def test_no_text_breaks_out_of_its_header(name, subject):
    raw = mail(name, subject).as_bytes()
    parsed = message_from_bytes(raw, policy=policy.default)
    assert set(parsed.keys()) == set(mail().keys())
    assert [address.addr_spec for address in parsed["To"].addresses] == ["jo@example.org"]
    shown = "".join(each if each.isprintable() else " " for each in subject)
    assert parsed["Subject"].split() == shown.split()


@pytest.mark.parametrize("line", ["a\r\nBcc: all@example.org", "a\nBcc: all@example.org", "a\rBcc: x@y", "a\x0bBcc: x"])
def test_a_line_break_makes_no_header(line):
    parsed = message_from_bytes(mail(line, line).as_bytes(), policy=policy.default)
    assert parsed["Bcc"] is None


@patient
@given(st.text(max_size=2000).map(lambda text: text.replace("\r", "") + "\n"))
def test_any_body_arrives_as_it_was(text):
    parsed = message_from_bytes(mail(text=text, html=text).as_bytes(), policy=policy.default)
    assert body(parsed, "plain") == text
    assert body(parsed, "html") == text


def test_a_long_domain_does_not_spoil_the_message_id():
    raw = mail(sender=f"closeout@{'very-long-name.' * 8}example.org").as_bytes()
    parsed = message_from_bytes(raw)
    assert parsed["Message-ID"].strip().endswith("example.org>")
    assert "=?" not in parsed["Message-ID"] + parsed["List-Id"]


def test_the_message_id_is_the_same_for_the_same_report_recipient_and_period_only():
    assert mail()["Message-ID"] == mail(subject="other")["Message-ID"]
    other = compose(REPORT, Letter("s", "t", "h"), Owner("ann", "A"), "a@b.c", sender="closeout@example.org", now=NOW)
    assert other["Message-ID"] != mail()["Message-ID"]


def test_international_domains_go_out_as_the_dns_has_them():
    assert ascii_domain("jo@bücher.example") == "jo@xn--bcher-kva.example"
    assert mail(to=ascii_domain("jo@bücher.example"))["To"] == "Jo <jo@xn--bcher-kva.example>"
    with pytest.raises(Refused):
        ascii_domain(f"jo@{'x' * 70}.example")


def test_a_server_that_speaks_something_else_is_an_error_of_ours(ledger, monkeypatch):
    def refuse(*_args, **_options):
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

    monkeypatch.setattr(smtplib, "SMTP", refuse)
    with pytest.raises(Unavailable, match="unexpectedly closed"):
        send(25, ledger)

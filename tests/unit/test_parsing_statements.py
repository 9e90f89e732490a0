"""What a document states of itself: start and end, services, authors; and what is left alone as it is not certain."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tracker.model import ParsedDocument
from tracker.parsing import moments, parse, vocabulary

CET = timezone(timedelta(hours=1))
WORDS = vocabulary.load()


def read(text: str) -> ParsedDocument:
    return parse("p.md", f"# Outage\n\n{text}\n\n## Action items\n\n- Add a probe\n")


def at(hour: int, minute: int = 0, zone: timezone | None = UTC, day: int = 1) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=zone)


@pytest.mark.parametrize(
    ("text", "started", "ended"),
    [
        ("Start: 2026-05-01 10:03 UTC\nEnd: 2026-05-01 11:20 UTC", at(10, 3), at(11, 20)),
        ("**Started at:** May 1, 2026, 10:03 (UTC)\n**Resolved:** 11:20 UTC", at(10, 3), at(11, 20)),
        ("- Start: 2026-05-01T10:03:00Z\n- End: 2026-05-01T12:20:00+01:00", at(10, 3), at(12, 20, CET)),
        ("Start: 2026-05-01T10:03:00-05:00", at(10, 3, timezone(timedelta(hours=-5))), None),
        ("Start: 1 May 2026 10:03 UTC+1", at(10, 3, CET), None),
        ("Start: 2026-05-01 10:03 PDT", at(10, 3, timezone(timedelta(hours=-7))), None),
        ("Start: 2026-05-01 10:03 local time", at(10, 3, None), None),
        ("Start: 2026-05-01 10:03 UTC (12:03 in Berlin)", at(10, 3), None),
        ("Start time (UTC): 2026-05-01 10:03", at(10, 3), None),
        ("Start: 2026-05-01\nEnd: 2026-05-03", date(2026, 5, 1), date(2026, 5, 3)),
        ("Start: 2026-05-01 23:50\nEnd: 01:20", at(23, 50, None), at(1, 20, None, 2)),
        ("Date: 2026-05-01\nStart: 10:03 UTC", at(10, 3), None),
        ("Date: 2026-05-01\nDuration: 10:03 - 11:20 UTC (77 minutes)", at(10, 3), at(11, 20)),
        ("Duration: 2026-05-01 10:03 - 11:20 UTC", at(10, 3), at(11, 20)),
        ("Duration: 2026-05-01T10:03:00-05:00", None, None),
        ("Duration: 2026-05-01 10:03-11:20", at(10, 3, None), at(11, 20, None)),
        ("Outage: from 10 pm to 1:30 am UTC on May 1, 2026", at(22), at(1, 30, day=2)),
        ("When: 2026-05-01 23:50 UTC to 2026-05-02 01:20 UTC", at(23, 50), at(1, 20, day=2)),
        ("| Start | End |\n|--|--|\n| 2026-05-01 10:03 UTC | 2026-05-01 11:20 UTC |", at(10, 3), at(11, 20)),
        ("| Start | 2026-05-01 10:03 UTC |\n|--|--|\n| End | 11:20 UTC |", at(10, 3), at(11, 20)),
        ("Inicio: 1 de mayo de 2026, 10:03 CET\nFin: 11:20 CET", at(10, 3, CET), at(11, 20, CET)),
        ("**Início:** 2026-05-01 10h03\n**Término:** 2026-05-01 11h20", at(10, 3, None), at(11, 20, None)),
        ("Début : 1 mai 2026 10h03\nFin : 11h20", at(10, 3, None), at(11, 20, None)),
        ("Beginn: 1. Mai 2026, 10:03 MEZ\nEnde: 11:20 MEZ", at(10, 3, CET), at(11, 20, CET)),
        ("- 开始时间：2026年5月1日 10:03\n- 结束时间：2026年5月1日 11:20", at(10, 3, None), at(11, 20, None)),
        ("- 開始日時：2026年5月1日 10時3分\n- 終了日時：2026年5月1日 11時", at(10, 3, None), at(11, 0, None)),
        ("Inizio: 2026-05-01 10:03\nFine: 2026-05-01 11:20", at(10, 3, None), at(11, 20, None)),
        ("Begin: 2026-05-01 10:03\nEinde: 2026-05-01 11:20", at(10, 3, None), at(11, 20, None)),
        ("Начало: 2026-05-01 10:03\nКонец: 2026-05-01 11:20", at(10, 3, None), at(11, 20, None)),
        ("시작: 2026-05-01 10:03\n종료: 2026-05-01 11:20", at(10, 3, None), at(11, 20, None)),
        ("Początek: 2026-05-01 10:03\nKoniec: 2026-05-01 11:20", at(10, 3, None), at(11, 20, None)),
    ],
)
def test_start_and_end(text: str, started: date | None, ended: date | None) -> None:
    document = read(text)
    assert (document.started, document.ended) == (started, ended)
    assert (document.started is None or document.incident_date) == (document.started is None or date(2026, 5, 1))


@pytest.mark.parametrize(
    "text",
    [
        "Start: 10:03 UTC",
        "Start: in the morning",
        "Start: 04/05/2026 10:03",
        "Start: 2026-05-01 25:03",
        "Duration: 2h17",
        "Duration: 2 hours 17 minutes",
        "Duration: 1:20",
        "Date: 2026-05-01\nDuration: 10:00 - 11:30 pm",
        "Date: 2026-05-01\nStart: 23:50\nEnd: 01:20",
        "Start: 2026-05-02 10:00\nEnd: 2026-05-01 11:00",
        "Duration: it began at 10:00, was noticed at 11:00 and ended at 12:00 on 2026-05-01",
        "Resolved: yes",
        "```\nStart: 2026-05-01 10:03\n```",
    ],
)
def test_what_is_not_certain_is_no_start_or_end(text: str) -> None:
    document = read(text)
    assert (document.started, document.ended) == (None, None)


@pytest.mark.parametrize(
    ("text", "services"),
    [
        ("Affected services: `api`, [web](https://x.example)", ("api", "web")),
        ("**Service(s) affected:** API gateway and checkout (EU only)", ("API gateway", "checkout")),
        ("**Affected services:**\n\n- api: 40 % errors\n- web – slow", ("api", "web")),
        ("- **Affected systems:**\n  - api\n  - web\n- Cause: a bug", ("api", "web")),
        ("## Affected services\n\n- api\n- web\n\n## Impact\n\n- all", ("api", "web")),
        ("## Affected services\n\napi, web", ("api", "web")),
        ("Servicios afectados: api, web", ("api", "web")),
        ("Serviços afetados: api e web", ("api", "web")),
        ("Services affectés : api et web", ("api", "web")),
        ("Betroffene Dienste: API und Web", ("API", "Web")),
        ("- 影响服务：支付、订单", ("支付", "订单")),
        ("- 影響サービス：決済API、注文", ("決済API", "注文")),
        ("Affected services: all", ()),
        ("Affected services: none", ()),
        ("Affected services: Users could not log in", ()),
        ("Affected services: everything that talks to the database", ()),
        ("Affected services: TBD", ()),
        ("## Services\n\n- api\n- web", ()),
        ("Affected services:\n\nNobody knows for sure which of them it was.", ()),
    ],
)
def test_services(text: str, services: tuple[str, ...]) -> None:
    assert read(text).services == services


@pytest.mark.parametrize(
    ("text", "authors"),
    [
        ("**Authors:** Jo Smith, @kim", ("Jo Smith", "kim")),
        ("Author: Jo <jo@example.com>", ("Jo",)),
        ("Written by: Jo and Kim", ("Jo", "Kim")),
        ("## Authors\n\n- Jo Smith (SRE)\n- Kim", ("Jo Smith", "Kim")),
        ("| Date | Authors |\n|--|--|\n| 2026-05-01 | Jo & Kim |", ("Jo", "Kim")),
        ("Autores: Jo y Kim", ("Jo", "Kim")),
        ("Autoras: <nombre>", ()),
        ("Rédigé par : Jo", ("Jo",)),
        ("Verfasser: Jo", ("Jo",)),
        ("作者：张三、李四", ("张三", "李四")),
        ("作成者：田中", ("田中",)),
        ("Авторы: Анна, Иван", ("Анна", "Иван")),
        ("작성자: 김철수", ("김철수",)),
        ("Author: TBD", ()),
        ("Author: this was written after the fact by the people who were there", ()),
    ],
)
def test_authors(text: str, authors: tuple[str, ...]) -> None:
    assert read(text).authors == authors


def test_names_that_go_on_too_long_are_left_out_rather_than_cut() -> None:
    assert read("Authors: " + ", ".join(f"Person {number}" for number in range(100))).authors == ()


def test_front_matter_states_facts_first() -> None:
    front = (
        "date: 2026-06-01\nincident_date: 2026-05-01\nstarted_at: 2026-05-01T10:03:00Z\nresolved_at: 2026-05-01 11:20\n"
        "authors: [Jo, {name: Kim}]\naffected_services:\n  - api\nseverity: 2\n"
    )
    document = parse("p.md", f"---\n{front}---\n# Down\n\nSeverity: SEV1\nAuthor: Max\n")
    assert (document.incident_date, document.severity) == (date(2026, 5, 1), "2")
    assert (document.started, document.ended) == (at(10, 3), at(11, 20, None))
    assert (document.authors, document.services) == (("Jo", "Kim"), ("api",))


def test_toml_front_matter_states_facts() -> None:
    document = parse("p.md", "+++\nstart = 2026-05-01T10:03:00Z\nservices = 'api, web'\nauthor = true\n+++\n# Down\n")
    assert (document.started, document.services, document.authors) == (at(10, 3), ("api", "web"), ())


def test_labels_of_items_are_none_of_the_documents_facts() -> None:
    text = (
        "# Down\n\n## Action items\n\n### Add a probe\n\nSeverity: SEV1\nService: api\nDate: 2026-05-01\nAuthor: Jo\n"
    )
    document = parse("p.md", text)
    assert (document.severity, document.services, document.authors) == (None, (), ())


@given(st.text(alphabet="0123456789:-+/. apmTZUTC年月日時分()–to", max_size=60))
def test_moments_are_read_from_anything(text: str) -> None:
    found = moments.read(text, WORDS, day_first=None)
    assert len(found) <= 2
    for moment in found:
        moment.on(date(2026, 5, 1))


@given(st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(second=0, microsecond=0)))
def test_iso_moments_come_back(moment: datetime) -> None:
    assume(moment.year >= 1970)
    (found,) = moments.read(f"{moment:%Y-%m-%d %H:%M} UTC", WORDS, day_first=None)
    assert found.on(None) == moment


LABELS = ["Start", "End", "Date", "Duration", "Authors", "Affected services", "Severity", "Fin", "作者"]


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.text(max_size=40)), max_size=6))
def test_any_statement_is_survived(lines: list[tuple[str, str]]) -> None:
    read("\n".join(f"{label}: {value}" for label, value in lines))

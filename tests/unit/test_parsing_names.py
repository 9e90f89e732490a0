"""Names that people give to a section of work in each language, beside the usual ones; and what such a name says."""

from __future__ import annotations

import pytest

from tracker.parsing import parse, vocabulary
from tracker.parsing.vocabulary import SectionKind

NAMES = {
    "one step": """
        Próximo paso, Próximo passo, Prochaine étape, Nächster Schritt, Prossimo passo, Volgende stap,
        Nästa steg, Næste skridt, Neste steg, Seuraava askel, Следующий шаг, Наступний крок, Następny krok,
        Další krok, Sonraki adım
    """,
    "what keeps it from happening again": """
        Guardrails, Guardarraíles, Garde-fous, Leitplanken, Salvaguardie, Vangrails, Skyddsräcken,
        Предохранители, Запобіжники, Zabezpieczenia, Pojistky, 护栏, 防复发措施, ガードレール, 가드레일,
        Schutz gegen Wiederholung, Как не повторить, Para não se repetir,
        Pour éviter que cela se reproduise, Меры предотвращения повторения, Ngăn tái diễn,
        Bir daha olmaması için, Agar tidak terulang
    """,
    "a rule": """
        New rule, Nueva regla, Nova regra, Nouvelle règle, Neue Regel, Nuova regola, Nieuwe regel,
        Ny regel, Новое обязательное правило, Нове правило, Nowa zasada, Nové pravidlo, Yeni kural, 新规则,
        新ルール, 새 규칙, Quy tắc mới
    """,
    "what is left": """
        What remains, Lo que queda, O que resta, Ce qui reste, Noch offen, Cosa resta da fare, Nog open,
        Återstår, Gjenstår, Udestående, Осталось, Залишилося, Pozostało do zrobienia, Zbývá, Kalan işler,
        遗留事项, やり残し, 남은 작업, Việc còn lại, Sisa pekerjaan
    """,
    "what is proposed": """
        Proposed fix, Solución propuesta, Proposta de correção, Solution proposée, Lösungsvorschlag, Soluzione proposta,
        Предлагаемое решение, Запропоноване рішення, Proponowane rozwiązanie, Önerilen çözüm, 修复建议, 対応案,
        Hướng khắc phục,
        Cómo prevenirlo, Comment l'éviter, Come evitarlo, Как избежать
    """,
    "what changed": """
        What we changed, Qué se cambió, Ce qui a été changé, Was wir geändert haben, Что изменено,
        Co zmieniono
    """,
}


@pytest.mark.parametrize("name", [name.strip() for names in NAMES.values() for name in names.split(",")])
def test_these_name_a_section_of_work(name: str) -> None:
    assert vocabulary.load().section_kind(name) is SectionKind.ACTION


@pytest.mark.parametrize(
    "name",
    [
        "Guardrails that failed during the response",
        "Design decisions",
        "Décisions de conception",
        "变更记录",
        "Что сделано",
    ],
)
def test_these_do_not(name: str) -> None:
    assert vocabulary.load().section_kind(name) is not SectionKind.ACTION


@pytest.mark.parametrize(
    "name",
    [
        "Hành động khắc phục đã thực hiện",
        "Mesures mises en place",
        "Medidas correctivas implementadas",
        "Umgesetzte Maßnahmen",
    ],
)
def test_a_name_says_that_its_work_is_done(name: str) -> None:
    assert vocabulary.load().says_done(name)


@pytest.mark.parametrize(
    ("story", "action", "sentence"),
    [
        (
            "Il nodo è stato riavviato e il disco che era pieno non è più in uso.",
            "Prevenzione",
            "Il controllo ora blocca",
        ),
        (
            "De schijf van het systeem was vol en dat werd niet gezien.",
            "Preventie",
            "De controle weigert nu een sleutel",
        ),
        ("Диск был полон, и это не было видно на панели.", "Меры", "Проверка теперь отклоняет двойной ключ"),
        ("Dysk był pełny i nie było to widoczne na panelu.", "Działania", "Kontrola teraz odrzuca podwójny klucz"),
        (
            "디스크가 가득 찬 후 알림 없이 서비스가 멈췄고 이를 위한 조치를 했다.",
            "재발 방지",
            "검사는 이제 중복 키를 거부한다",
        ),
    ],
)
def test_what_holds_from_now_on_is_done(story: str, action: str, sentence: str) -> None:
    (item,) = parse("p.md", f"# INC-9\n\n{story}\n\n## {action}\n\n{sentence}.\n").items
    assert item.done is True


def test_what_is_to_hold_is_not() -> None:
    (item,) = parse(
        "p.md", "# INC-9\n\n## Action items\n\n- The check should now reject a key that is used twice\n"
    ).items
    assert item.done is None


def test_a_list_of_checks_and_of_what_is_left_gives_what_is_left() -> None:
    text = "## Verification and remaining work\n\n- The smoke test passed\n- Ana to watch the queue\n- [ ] Alerts\n"
    assert [item.text for item in parse("p.md", text).items] == ["Ana to watch the queue", "Alerts"]


def test_cases_that_are_work_by_themselves_stay_items() -> None:
    text = "## Action items\n\n- Tests of the billing queue:\n  - Add a test for retries\n  - Write a load test\n"
    assert [item.text for item in parse("p.md", text).items] == ["Add a test for retries", "Write a load test"]

# ruff: noqa: E501 - a line of gold is a line
"""The example postmortems come out exactly as written down here by hand: they are the first thing that people see."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tracker.parsing import parse

FOLDER = Path(__file__).parents[2] / "examples" / "postmortems"

# document -> one line an item: line | kind | done | owner | due date | priority | links | text
GOLD = {
    "2026-05-07-login-pool-exhaustion": """
25 | improvement |  |  |  |  |  | Treat database connections as a budget that every service has to fit into.
27 | task |  | SRE | 2026-08-31 |  |  | Alert when a connection pool stays above 80% for five minutes
28 | task |  | priya.natarajan | 2026-09-15 |  |  | Set a connection limit for each service in the pooler
29 | task |  | Lukas Weber | 2026-11-27 |  |  | Load test the login service at three times the usual traffic.
30 | task |  |  |  |  |  | Tell marketing to announce campaigns in the on-call calendar
""",
    "2026-06-03-search-index-stale": """
26 | task | done | SRE | 2026-08-14 | P0 | https://fernhill.atlassian.net/browse/SHOP-311 | Send job failures to the on-call rotation
27 | task | open | Jo Smith | 2026-10-30 | P1 | https://fernhill.atlassian.net/browse/SHOP-312 | Show the age of the index on the operations dashboard
28 | task | open | Maria Gomez | 2026-11-25 | P1 | SHOP-313 | Refuse orders for articles whose stock is older than six hours
29 | task | open | Tobias | 2026-12-18 | P2 |  | Archive no channel that still receives alerts
30 | task | open |  | 2027-02-26 | P2 |  | Rebuild the index incrementally instead of nightly
""",
    "2026-06-24-wrong-prices": """
20 | task | done |  |  |  |  | Refund the difference to the suppliers
21 | task | done |  |  |  | https://github.com/fernhill/catalogue/pull/482 | Stop imports that change a price by more than 30%
22 | task | open | jo.smith | 2026-09-30 |  |  | Parse prices by the sender's locale, not by ours
23 | task | open | Maria Gomez | 2026-11-26 |  |  | Show a preview with the ten largest changes before an import runs
24 | task | open | Jo Smith | 2027-01-15 |  |  | Give support a button that pauses all imports
27 | task | done |  |  |  |  | Move price imports to a nightly batch
""",
    "2026-07-15-certificado-caducado": """
27 | task | done | Plataforma | 2026-08-28 | Alta |  | Renovar los certificados de forma automática
28 | task | open | SRE | 2026-10-15 | Alta |  | Avisar 30, 14 y 3 días antes de que caduque un certificado
29 | task | open | Maria Gomez | 2026-11-30 | Media |  | Hacer un inventario de todos los certificados
30 | task | open | Plataforma | 2027-01-29 | Baja |  | Ensayar la renovación manual una vez por trimestre
""",
    "2026-08-11-queue-backlog": """
16 | task | done | Lukas Weber | 2026-09-25 |  | fernhill/mailer#77 | Move poisonous messages to a dead letter queue
25 | task |  | SRE | 2026-11-20 | P1 |  | Alert on the age of the oldest message
33 | task |  | Priya Natarajan | 2026-12-04 |  |  | Write a runbook for replaying set-aside messages
""",
    "2026-09-02-backup-restore": """
16 | task |  | DBA team | 2026-10-05 |  |  | The DBA team will rehearse a restore every month, beginning by 2026-10-05.
16 | task |  | Jo Smith | 2026-11-24 |  |  | Jo Smith will rewrite the restore runbook by November 24, 2026.
16 | task |  |  |  |  |  | We will also keep a standby from which a single table can be copied.
16 | task |  |  |  |  |  | Dropping a table in production should need a second person.
""",
    "2026-09-29-pool-exhaustion-again": """
27 | task |  | DBA team | 2026-10-16 | P0 | PAY-88 | Set a connection limit for each service in the pooler by 2026-10-16
28 | task |  | Priya Natarajan | 2026-11-27 |  |  | Give every retry a limit and a jitter
32 | task | done | SRE | 2026-10-09 |  |  | Alert when any connection pool stays above 80% for five minutes
33 | task |  | lukas.weber |  |  |  | Page on checkout errors, not on checkout latency alone
37 | task |  |  |  |  |  | Close a follow-up only when all of it is done
""",
    "2026-10-20-fallo-de-dns": """
20 | task |  | Plataforma | 2026-11-13 |  |  | Validar cada cambio de zona en la integración continua
21 | task |  | Lukas Weber |  |  |  | Aplicar los cambios de zona solo desde el repositorio
23 | task |  | SRE | 2026-11-28 |  |  | Vigilar la resolución de nombres desde cada almacén
25 | task | done |  |  |  |  | Documentar cómo volver a la zona anterior
26 | task | open | Tobias | 2027-02-12 |  |  | Guardar una copia local de los nombres en los escáneres
""",
    "2026-11-10-image-resizer": """
18 | task |  | Priya Natarajan | 2026-11-24 |  |  | Delete intermediate files as soon as a picture is published
19 | task |  | SRE | 2026-12-08 |  |  | Give the resizer a disk of its own
21 | task |  | jo.smith | 2026-12-11 | P1 |  | Alert when a disk will be full within three days
22 | task |  |  |  |  |  | Add disk growth to the weekly capacity review
""",
}
# document -> incident date, severity, front matter id
FACTS = {
    "2026-05-07-login-pool-exhaustion": (date(2026, 5, 7), "SEV-1", None),
    "2026-06-03-search-index-stale": (date(2026, 6, 3), "SEV-2", "PM-2026-014"),
    "2026-06-24-wrong-prices": (date(2026, 6, 24), "SEV-2", None),
    "2026-07-15-certificado-caducado": (date(2026, 7, 15), "Alta", None),
    "2026-08-11-queue-backlog": (date(2026, 8, 11), "SEV-3", None),
    "2026-09-02-backup-restore": (date(2026, 9, 2), "SEV-2", None),
    "2026-09-29-pool-exhaustion-again": (date(2026, 9, 29), "SEV-1", "PM-2026-021"),
    "2026-10-20-fallo-de-dns": (date(2026, 10, 20), "SEV-2", "PM-2026-023"),
    "2026-11-10-image-resizer": (date(2026, 11, 10), "SEV-3", None),
}
STATES = {True: "done", False: "open", None: ""}


def test_every_example_has_its_gold() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted(GOLD) == sorted(FACTS)


@pytest.mark.parametrize("name", GOLD)
def test_example(name: str) -> None:
    document = parse(f"{name}.md", (FOLDER / f"{name}.md").read_text("utf-8"))
    found = [
        " | ".join(
            [
                str(item.line),
                item.kind.value,
                STATES[item.done],
                item.owner or "",
                item.due_date.isoformat() if item.due_date else "",
                item.priority or "",
                ", ".join(item.links),
                item.text,
            ]
        )
        for item in document.items
    ]
    assert found == GOLD[name].strip().splitlines()
    assert (document.incident_date, document.severity, document.id) == FACTS[name]
    assert document.title
    assert document.diagnostics == ()

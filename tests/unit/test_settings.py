"""Settings: closed, frozen, all problems at once, the environment over the file."""

import pytest
from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from tracker.errors import UsageError
from tracker.settings import Settings
from tracker.settings_file import find_file, load, read_secret


def problems(tmp_path, text, environment=None):
    file = tmp_path / "closeout.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(UsageError) as caught:
        load(file, environment or {})
    assert caught.value.exit_code == 2
    return caught.value.message


def test_defaults_need_no_file():
    settings = load(None, {}).settings
    assert settings.target == "local"
    assert settings.targets["local"].kind == "local"


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        Settings().target = "other"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('databse = "x"', "line 1: unknown setting `databse`; did you mean `database`?"),
        (
            '[targets.gh]\nkind = "github"\nrepository = "ops"',
            "line 3: `targets.gh.repository`: 'ops' does not fit: it looks like 'acme/ops'",
        ),
        ('[policy]\nremovd = "keep"', "line 2: unknown setting `policy.removd`; did you mean `removed`?"),
        ("[people.jo]\nname = 'Jo'\nemial = 'x'", "line 3: unknown setting `people.jo.emial`; did you mean `email`?"),
        (
            '[targets.gh]\nkind = "github"\nrepository = "a/b"\nbase = "x"',
            "line 4: unknown setting `targets.gh.base`; did you mean `base_url`?",
        ),
        ('[policy]\nremoved = "burn"', "line 2: `policy.removed`: Input should be 'keep', 'comment' or 'close'"),
        ('target = "opps"\n[targets.ops]\nkind = "local"', "did you mean 'ops'?"),
        ('timezone = "Mars/Olympus"', "line 1: `timezone`: 'Mars/Olympus' is no IANA time zone"),
        ('[schedules.x]\nrun = "report"\ncron = "0 9 * * 1"', 'needs report = "NAME"'),
        ('[reports.weekly]\nfallback = "ghost"', "reports.weekly.fallback names 'ghost'"),
        ("[people.jo]\nname = 'Jo'\nteam = 'sre'\n", "people.jo.team names 'sre'"),
        ('[targets.gh]\nkind = "gitlab"', "targets.gh"),
        ("target = ", "not valid TOML"),
        ('[documents]\ninclude = ["/srv/**"]', "line 2: `documents.include`: '/srv/**' is absolute"),
        ('[documents]\ninclude = [""]', "line 2: `documents.include`: '' names no files"),
        ('[documents]\nexclude = [""]', "line 2: `documents.exclude`: '' names no files"),
        ('[documents]\nexclude = ["**/"]', "line 2: `documents.exclude`: '**/' names no files"),
        ('[documents]\ninclude = ["../*.md"]', "'../*.md' leaves the folder"),
        ('[documents]\ninclude = ["**.md"]', "'**.md' has `**` beside other characters"),
        ('database = "nonsense"', "line 1: `database`: is no database URL"),
        ('database = "postgresql+psycopg://u:secret@h:port/x"', "line 1: `database`: has a port that is no number"),
        ('[targets.local]\nkind = "local"\ndatabase = "nonsense"', "targets.local.database is no database URL"),
        ('[parser.columns]\nownr = ["Held"]', "line 2: unknown setting `parser.columns.ownr`; did you mean `owner`?"),
        ("[parser]\nday_frist = true", "line 2: unknown setting `parser.day_frist`; did you mean `day_first`?"),
        ('[parser.sections]\naction = [" - "]', "sections.action holds ' - ', which names nothing"),
        (
            '[parser.columns]\nowner = ["Über"]\ndue = ["uber"]',
            "columns.due and columns.owner both hold 'uber': choose one",
        ),
        ('[parser.words]\ndone = ["Ok"]\nopen = ["OK!"]', "words.open and words.done both hold 'OK!'"),
        ('[parser.sections]\naction = "Wat nu"', "line 2: `parser.sections.action`: Input should be a valid tuple"),
        (
            '[targets.local]\nkind = "local"\ndatabase = "postgresql://h:port/x"',
            "targets.local.database has a port that is no number",
        ),
    ],
)
def test_a_problem_is_told_with_its_line_and_the_nearest_key(tmp_path, text, expected):
    assert expected in problems(tmp_path, text)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///closeout.db",
        "sqlite:////srv/c d.db",
        "sqlite://",
        "postgresql+psycopg://u:p%40ss@[::1]:5432/x?sslmode=require",
        "postgresql+psycopg:///x?host=/run/postgresql",
        "postgresql://u:p:w#@h/x",
        "postgresql://h:/x",
        "nonsense",
        "postgresql://u:p@ss:word@h/x",
        "sqlite:/x.db",
        "://x",
        "a-b://x",
        "",
    ],
)
def test_addresses_are_judged_as_sqlalchemy_does(url, tmp_path):
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        assert "word" not in problems(tmp_path, f'database = "{url}"').replace("password", "")
    else:
        assert Settings(database=url).database == url


def test_all_problems_are_told_at_once(tmp_path):
    said = problems(tmp_path, 'tarket = 1\n[policy]\nremoved = "burn"\n[people.jo]\nnam = "Jo"\n')
    assert len(said.splitlines()) == 4


def test_the_environment_overrides_the_file(tmp_path, monkeypatch):
    file = tmp_path / "closeout.toml"
    file.write_text('timezone = "UTC"\n[policy]\ndue_soon_days = 3\nremoved = "keep"\n')
    monkeypatch.setenv("CLOSEOUT_TIMEZONE", "Europe/Madrid")
    monkeypatch.setenv("CLOSEOUT_POLICY__DUE_SOON_DAYS", "9")
    settings = load(file).settings
    assert settings.timezone == "Europe/Madrid"
    assert settings.policy.due_soon_days == 9
    assert settings.policy.removed == "keep"


def test_a_misspelt_variable_is_told(tmp_path):
    said = problems(tmp_path, "", {"CLOSEOUT_TIMEZON": "UTC", "CLOSEOUT_NOW": "2026-01-01", "OTHER": "x"})
    assert said == "unknown variable CLOSEOUT_TIMEZON; did you mean CLOSEOUT_TIMEZONE?"


def test_variables_that_hold_secrets_are_no_settings(tmp_path):
    file = tmp_path / "closeout.toml"
    file.write_text(
        'target = "gh"\n[targets.gh]\nkind = "github"\nrepository = "a/b"\ntoken_env = "CLOSEOUT_GH"\n'
        '[mail]\nhost = "h"\n'
        'sender = "c@example.com"\npassword_env = "CLOSEOUT_MAIL"\n'
    )
    load(file, {"CLOSEOUT_GH": "secret", "CLOSEOUT_MAIL": "secret"})


def test_the_file_is_found_upward(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "closeout.toml").write_text("")
    assert find_file(inner) == tmp_path / "closeout.toml"


def test_secrets_come_from_a_file_or_the_environment(tmp_path, monkeypatch):
    (tmp_path / "token").write_text("from-file\n")
    monkeypatch.setenv("SOME_TOKEN", "from-environment")
    assert read_secret("SOME_TOKEN", "token", tmp_path, purpose="token") == "from-file"
    assert read_secret("SOME_TOKEN", None, tmp_path, purpose="token") == "from-environment"
    with pytest.raises(UsageError, match="OTHER_TOKEN"):
        read_secret("OTHER_TOKEN", None, tmp_path, purpose="token")
    with pytest.raises(UsageError, match="can't be read"):
        read_secret("SOME_TOKEN", "nowhere", tmp_path, purpose="token")

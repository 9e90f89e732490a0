"""People files: CSV and YAML beside the settings, judged together with them, every problem with its line."""

import pytest
from entries import patient
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import UsageError
from tracker.people import PeopleBook
from tracker.people_files import parse, to_csv, to_yaml
from tracker.settings import PersonSettings, TeamSettings
from tracker.settings_file import load

CSV = """\
kind,key,name,aliases,email,github,team,manager,away_until,left
team,dba,DBA team,Database; @acme/dba ,dba@example.org,,,,,
,jo,Jo Smith,,jo@example.org,JoCodes,dba,ann,,
person,ann,"Müller, Ann",Ann M.,ann@example.org,,,,2026-12-01,
,old,Olga Old,,,,,,,yes
"""

YAML = """\
teams:
  dba:
    name: DBA team
    aliases: [Database, "@acme/dba"]
people:
  jo:
    name: Jo Smith
    email: jo@example.org
    team: dba
  ann:
    name: Müller, Ann
    away_until: 2026-12-01
"""


@pytest.fixture
def settings(tmp_path):
    """Loads settings with these people files."""

    def call(files, more=""):
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(data)
        names = ", ".join(f'"{name}"' for name in files)
        (tmp_path / "closeout.toml").write_text(f"people_files = [{names}]\n{more}", "utf-8")
        return load(tmp_path / "closeout.toml", {})

    return call


@pytest.fixture
def problems(settings):
    def call(files, more=""):
        with pytest.raises(UsageError) as caught:
            settings(files, more)
        assert caught.value.exit_code == 2
        return caught.value.message.splitlines()

    return call


@pytest.mark.parametrize("data", [CSV, "\ufeff" + CSV, CSV.replace("\n", "\r\n")])
def test_a_table_is_the_people_book(settings, data):
    found = settings({"people.csv": data}).settings
    book = PeopleBook.from_settings(found)
    assert list(found.people) == ["jo", "ann", "old"]
    assert book.resolve("@acme/dba, jocodes").known == (book.get("dba"), book.get("jo"))
    assert book.resolve("ann m.").first.away_until.isoformat() == "2026-12-01"
    assert book.get("old").left
    assert book.get("jo").manager == "ann"


@pytest.mark.parametrize("mark", [";", "\t"])
def test_spreadsheets_may_put_other_marks_between_cells(settings, mark):
    found = settings({"people.csv": f'key{mark}name{mark}aliases\njo{mark}Jo Smith{mark}"Jo;Joanna"\n'}).settings
    assert found.people["jo"].aliases == ("Jo", "Joanna")


def test_several_channels_stand_in_one_cell(settings):
    more = '[channels.chat]\nurl_env = "CHAT_URL"\n'
    found = settings({"people.csv": "key,name,email,channels\njo,Jo,jo@example.org,mail; chat\n"}, more).settings
    assert found.people["jo"].channels == ("mail", "chat")


@pytest.mark.parametrize("name", ["people.yaml", "people.YML"])
def test_yaml_is_shaped_like_the_settings(settings, name):
    found = settings({name: YAML}, '[people.max]\nname = "Max Power"\nmanager = "ann"\n').settings
    assert set(found.people) == {"jo", "ann", "max"}
    assert found.teams["dba"].aliases == ("Database", "@acme/dba")


def test_several_files_and_the_settings_are_one_book_and_know_where_each_stands(settings):
    loaded = settings(
        {"a.csv": "key,name\njo,Jo Smith\n", "b.yaml": YAML.replace("jo:", "kim:")}, "[people.max]\nname = 'M'"
    )
    assert loaded.place("people", "jo") == "a.csv:2"
    assert loaded.place("people", "ann") == "b.yaml:10"
    assert loaded.place("people", "max") == "closeout.toml:2"
    assert loaded.place("people", "nobody") == "environment"
    assert loaded.home("teams", "dba").path == "b.yaml"


@pytest.mark.parametrize("empty", ["", "\n\n", "\ufeff"])
def test_an_empty_file_has_nobody(settings, empty):
    assert settings({"a.csv": empty, "b.yaml": empty}).settings.people == {}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("key,name,emial\njo,Jo,x\n", "people.csv:1: unknown column `emial`; did you mean `email`?"),
        ("key,name,shoe\njo,Jo,x\n", "people.csv:1: unknown column `shoe`; known here: kind, key, name"),
        ("name\nJo\n", "people.csv:1: there is no column `key`"),
        ("key,name,Name\njo,Jo,Jo\n", "people.csv:1: column `name` stands there twice"),
        ("key,name\n\n,Jo\n", "people.csv:3: there is no `key`"),
        ("key,name\njo,Smith, Jo\n", "people.csv:2: there are more cells than columns"),
        ("kind,key,name\nrobot,jo,Jo\n", "people.csv:2: `kind` is 'robot'; known here: person, team"),
        ("key,name\njo,Jo\njo,Joanna\n", "people.csv:3: `jo` stands on line 2 already"),
        ('key,name\njo,"Jo\n', "people.csv:2: not valid CSV: unexpected end of data"),
        ('key,name\n"a\n\nb",A\njo,\n', "people.csv:5: `people.jo.name`: Field required"),
        ("key,name,email\njo,Jo,jo at home\n", "people.csv:2: `people.jo.email`: 'jo at home' does not fit"),
        ("key,name,away_until\njo,Jo,soon\n", "people.csv:2: `people.jo.away_until`: Input should be a valid date"),
        ("key,name,timezone\njo,Jo,Mars/X\n", "people.csv:2: `people.jo.timezone`: 'Mars/X' is no IANA time zone"),
        (
            "kind,key,name,slack\nteam,dba,DBA,U1\n",
            "people.csv:2: unknown setting `teams.dba.slack`; known here: aliases",
        ),
        ("key,name,team\njo,Jo,db\n", "people.csv:2: people.jo.team names 'db', but there is no such [teams.NAME]"),
        ("key,name\njo,José\n".encode("latin-1"), "people.csv:2: this is not UTF-8 (byte 0xe9); save the file as"),
        ("key,name\njo,Jo\n".encode("utf-16"), "people.csv:1: this is not UTF-8 (byte 0xff)"),
    ],
)
def test_a_problem_of_a_table_is_told_with_its_line(problems, content, expected):
    (said,) = problems({"people.csv": content})
    assert expected in said


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("peple:\n  jo: {name: Jo}\n", "p.yaml:1: unknown section `peple`; did you mean `people`?"),
        ("people:\n  jo:\n    name: Jo\n    emial: x\n", "p.yaml:4: unknown setting `people.jo.emial`; did you mean"),
        ("people:\n  jo:\n    name: No\n", "p.yaml:3: `people.jo.name`: Input should be a valid string"),
        ("people:\n  jo: {name: Jo}\n  jo: {name: Joe}\n", "p.yaml:3: `jo` stands on line 2 already"),
        ("people:\n  jo:\n    name: J\n    name: K\n", "p.yaml:4: `name` stands on line 3 already"),
        ("- jo\n", "p.yaml:1: the file is no mapping"),
        ("people:\n- jo\n", "p.yaml:2: `people` is no mapping"),
        ("people:\n  jo: Jo Smith\n", "p.yaml:2: `people.jo` is no mapping"),
        ("people:\n  [a]: {name: A}\n", "p.yaml:2: a name in `people` is no text"),
        ("people:\n  jo: {name: Jo\n", "p.yaml:3: not valid YAML:"),
        ("people:\n  jo: {name: !!python/name:os.system x}\n", "p.yaml:2: not valid YAML: could not determine"),
        ("people:\n  jo: {name: 2026-13-45}\n", "p.yaml"),
    ],
)
def test_a_problem_of_yaml_is_told_with_its_line(problems, content, expected):
    said = problems({"p.yaml": content})
    assert expected in said[0]


def test_a_name_that_yaml_takes_for_something_else_is_a_key(settings):
    assert set(settings({"p.yaml": "people:\n  no: {name: Nora O.}\n  007: {name: Jim B.}\n"}).settings.people) == {
        "no",
        "007",
    }


def test_a_key_stands_in_one_place_only(problems):
    said = problems(
        {"a.csv": "kind,key,name\n,jo,Jo\n,ann,Ann\nteam,max,Max team\n", "b.yaml": "people:\n  ann: {name: Ann}\n"},
        '[people.jo]\nname = "Jo"\n[people.max]\nname = "Max"\n',
    )
    assert said[0] == "a.csv:2: `people.jo` stands in closeout.toml:2 already; keep one of them"
    assert said[1] == "b.yaml:2: `people.ann` stands in a.csv:3 already; keep one of them"
    assert "'max' stands in [people] and in [teams]" in said[2]


def test_problems_of_settings_and_people_files_are_told_together(problems):
    said = problems(
        {"a.csv": "key,nam\njo,Jo\n", "b.csv": "key,name,email\nann,Ann,x\n"},
        'databse = "x"\n[people.max]\nname = "Max"\nmanager = "jo"\n',
    )
    assert [line.split(": ")[0] for line in said] == ["a.csv:1", "b.csv:2", "line 2"]


def test_a_file_that_is_not_there_or_no_people_file_is_told(problems, tmp_path):
    (tmp_path / "closeout.toml").write_text('\npeople_files = ["who.csv", "a\\u0000b.csv"]\n', "utf-8")
    with pytest.raises(UsageError) as caught:
        load(tmp_path / "closeout.toml", {})
    missing, impossible = caught.value.message.splitlines()
    assert missing == "line 2: `people_files`: who.csv can't be read: No such file or directory"
    assert "can't be read: embedded null byte" in impossible
    assert "people.txt:1: this is neither CSV nor YAML" in problems({"people.txt": "jo"})[0]


def test_where_all_problems_are_in_people_files_the_settings_are_not_blamed(settings):
    with pytest.raises(UsageError) as caught:
        settings({"a.csv": "key\njo\n"})
    assert caught.value.where == ""


def test_the_environment_may_name_the_files(tmp_path, monkeypatch):
    (tmp_path / "closeout.toml").write_text('people_files = ["missing.csv"]\n', "utf-8")
    (tmp_path / "a.csv").write_text("key,name\njo,Jo\n", "utf-8")
    monkeypatch.setenv("CLOSEOUT_PEOPLE_FILES", '["a.csv"]')
    assert set(load(tmp_path / "closeout.toml", {}).settings.people) == {"jo"}
    monkeypatch.setenv("CLOSEOUT_PEOPLE_FILES", "a.csv")
    with pytest.raises(UsageError, match="people_files"):
        load(tmp_path / "closeout.toml", {})
    monkeypatch.delenv("CLOSEOUT_PEOPLE_FILES")
    (tmp_path / "closeout.toml").write_text("people_files = 3\npeople = 4\n", "utf-8")
    with pytest.raises(UsageError) as caught:
        load(tmp_path / "closeout.toml", {})
    assert len(caught.value.message.splitlines()) == 2


names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12
).filter(lambda text: text == text.strip() and text.strip(";\ufeff") == text)
keys = st.text("abcdefgh-0123456789", min_size=1, max_size=6)
persons = st.builds(
    PersonSettings,
    name=names,
    aliases=st.lists(names.filter(lambda text: ";" not in text), max_size=3).map(tuple),
    email=st.none() | st.just("jo@example.org"),
    slack=st.none() | names,
    timezone=st.none() | st.just("Europe/Berlin"),
    away_until=st.none() | st.dates(),
    left=st.booleans(),
)
teams = st.builds(TeamSettings, name=names, email=st.none() | st.just("ops@example.org"))


@patient
@given(st.dictionaries(keys, persons, max_size=4), st.dictionaries(keys, teams, max_size=3))
def test_what_is_written_is_read_again(people, groups):
    told = [{key: each.model_dump() for key, each in table.items()} for table in (people, groups)]
    for write, name in ((to_csv, "p.csv"), (to_yaml, "p.yaml")):
        file = parse(name, write(*told).encode())
        assert file.problems == []
        assert {key: PersonSettings.model_validate(each) for key, each in file.people.items()} == people
        assert {key: TeamSettings.model_validate(each) for key, each in file.teams.items()} == groups


@patient
@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode), st.sampled_from(["p.csv", "p.yaml"]))
def test_any_bytes_give_entries_or_problems_with_their_line(data, name):
    file = parse(name, data)
    assert all(problem.startswith(f"{name}:") for problem in file.problems)

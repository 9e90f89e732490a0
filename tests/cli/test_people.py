"""`closeout people` as a shell sees it: the book, the names that it lacks, imports."""

import csv
import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from workplace import SETTINGS, postmortem

from tracker.settings_file import load

TOP = Path(__file__).resolve().parents[2]
ITEMS = [
    "Add monitoring for the connection pool (owner: Jo S.)",
    "Run a load test before every release (owner: smith, jo)",
    "Write a runbook for failing over (owner: Maria Gómez)",
    "Cap the connections of batch jobs (owner: Olga Old)",
    "Alert when a disk is full (owner: Sam)",
    "Rotate the certificates (owner: Customer care team)",
    "Clean up the queue (owner: customer care team)",
    "Tune the garbage collector (owner: Priya Natarajan)",
    "[x] Test the backups (owner: Long Gone)",
]
TABLE = """\
kind,key,name,email,aliases,left
,old,Olga Old,olga@example.com,,yes
,sam1,Sam Lee,,,
,sam2,Sam Roe,,,
"""


@pytest.fixture
def folder(folder):
    (folder / "closeout.toml").write_text(f'people_files = ["people.csv"]\n{SETTINGS}', "utf-8")
    (folder / "people.csv").write_text(TABLE, "utf-8")
    (folder / "postmortems/a.md").write_text(postmortem(*ITEMS), "utf-8")
    return folder


def found(closeout, *more):
    code, out, _ = closeout("people", "--format", "json", *more)
    assert code == 0
    told = json.loads(out)
    jsonschema.validate(told, json.loads((TOP / "docs/schemas/people.json").read_text("utf-8")))
    return told


def test_names_that_nobody_has_are_told_with_their_places_and_whom_they_could_mean(closeout, folder):
    told = {each["name"]: each for each in found(closeout)["unknown"]}
    assert {name: (each["open"], [near["key"] for near in each["could_be"]]) for name, each in told.items()} == {
        "Customer care team": (2, []),
        "Jo S": (1, ["jo"]),
        "Priya Natarajan": (1, []),
        "Sam": (1, ["sam1", "sam2"]),
        "smith, jo": (1, ["jo"]),
    }
    lines = (folder / "postmortems/a.md").read_text("utf-8").splitlines()
    for each in told.values():
        for place in each["places"]:
            assert place["path"] == "postmortems/a.md"
            assert each["name"].casefold() in lines[place["line"] - 1].casefold()
    assert [near["why"] for near in told["smith, jo"]["could_be"]] == ["words"]


def test_the_book_is_listed_with_where_each_stands_and_what_is_open(closeout):
    told = {each["key"]: each for each in found(closeout)["owners"]}
    assert {key: (each["kind"], each["place"], each["open"]) for key, each in told.items()} == {
        "dba": ("team", "closeout.toml:6", 0),
        "jo": ("person", "closeout.toml:9", 1),
        "maria": ("person", "closeout.toml:12", 1),
        "old": ("person", "people.csv:2", 1),
        "sam1": ("person", "people.csv:3", 0),
        "sam2": ("person", "people.csv:4", 0),
    }
    code, out, _ = closeout("people")
    assert code == 0
    assert "5 people, 1 team; 1 open item belongs to people who have left" in out
    assert "Jo Smith (jo): shortened" in out


def test_only_what_is_unknown(closeout):
    assert found(closeout, "--unknown")["owners"] == []
    code, out, _ = closeout("people", "--unknown")
    assert code == 0
    assert "maria" not in out
    assert "Priya Natarajan" in out


def test_the_lines_to_add_make_the_names_known(closeout, folder):
    added = {each["place"]: each for each in found(closeout)["additions"] if each["there"]}
    assert set(added) == {"closeout.toml:9"}
    assert tomllib.loads(added["closeout.toml:9"]["text"]) == {"aliases": ["Jo S", "smith, jo"]}
    rows = [each for each in found(closeout)["additions"] if not each["there"]]
    assert {each["place"] for each in rows} == {"people.csv"}
    text = (folder / "closeout.toml").read_text("utf-8")
    alias = added["closeout.toml:9"]["text"]
    (folder / "closeout.toml").write_text(text.replace("[people.jo]\n", f"[people.jo]\n{alias}\n"), "utf-8")
    (folder / "people.csv").write_text(TABLE + "".join(f"{each['text']}\n" for each in rows), "utf-8")
    assert [each["name"] for each in found(closeout)["unknown"]] == ["Sam"]
    assert load(folder / "closeout.toml", {}).settings.teams["customer-care-team"].name == "Customer care team"


@pytest.mark.parametrize("kind", ["toml", "yaml"])
def test_new_entries_are_written_in_the_language_of_the_file_that_takes_them(closeout, folder, kind):
    names = '["people.yaml"]' if kind == "yaml" else "[]"
    (folder / "closeout.toml").write_text(f"people_files = {names}\n{SETTINGS}", "utf-8")
    (folder / "people.yaml").write_text("people:\n  old:\n    name: Olga Old\n", "utf-8")
    (new,) = [each for each in found(closeout)["additions"] if each["names"] == ["Priya Natarajan"]]
    if kind == "toml":
        assert (new["place"], new["text"]) == ("closeout.toml", '[people.priya-natarajan]\nname = "Priya Natarajan"')
    else:
        assert (new["place"], new["text"]) == ("people.yaml", "people:\n  priya-natarajan:\n    name: Priya Natarajan")


def test_what_is_closed_on_its_issue_asks_for_nobody(closeout):
    closeout("sync")
    assert [each["name"] for each in found(closeout)["unknown"]][-1] == "smith, jo"
    out = closeout("status", "--format", "json")[1]
    issue = next(item["issue"] for item in json.loads(out)["items"] if item["owner"] == "smith, jo")
    closeout("issues", "close", issue)
    closeout("sync")
    assert "smith, jo" not in [each["name"] for each in found(closeout)["unknown"]]


def test_everybody_known(closeout, folder):
    (folder / "postmortems/a.md").write_text(postmortem("Add an alert (owner: Jo Smith)"), "utf-8")
    assert "every owner that documents name is known" in closeout("people", "--unknown")[1]
    (folder / "closeout.toml").write_text('target = "local"\n[targets.local]\nkind = "local"\n', "utf-8")
    assert "nobody is in the people book" in closeout("people")[1]


def test_a_mistake_in_a_people_file_is_told_with_its_line_and_no_traceback(closeout, folder):
    (folder / "people.csv").write_text("key,name,emial\njo,Jo,x\n", "utf-8")
    code, out, err = closeout("people")
    assert (code, out) == (2, "")
    assert err.startswith("closeout: people.csv:1: unknown column `emial`; did you mean `email`?")


OKTA = """\
id,status,login,email,firstName,lastName,department,managerId
1,ACTIVE,jo@example.com,jo@example.com,Jo,Smith,Search,2
2,ACTIVE,ann@example.com,ann@example.com,Ann,Müller,Search,
3,DEPROVISIONED,bob@example.com,bob@example.com,Bob,Roe,,2
4,ACTIVE,sam@example.com,sam@example.com,Sam,Lee,,
"""


def rows(text):
    return {row["key"]: row for row in csv.DictReader(text.splitlines())}


def test_a_directory_becomes_a_people_file_and_who_is_known_is_told(closeout, folder):
    (folder / "okta.csv").write_text(OKTA, "utf-8")
    code, out, err = closeout("people", "import", "okta.csv")
    assert code == 0
    assert set(rows(out)) == {"search", "ann-muller", "bob-roe"}
    assert (rows(out)["bob-roe"]["left"], rows(out)["bob-roe"]["manager"]) == ("true", "ann-muller")
    assert "new: 2 people, 1 team\nin the book already: jo\n" in err
    assert "  closeout.toml:9, in the entry of jo\n" in err
    assert 'manager = "ann-muller"' in err
    assert "okta.csv:5: left out: Sam Lee is called like sam1" in err
    assert not (folder / "new.csv").exists()


def test_an_import_as_json_holds_the_file_and_all_that_is_told(closeout, folder):
    (folder / "okta.csv").write_text(OKTA, "utf-8")
    text = closeout("people", "import", "okta.csv")[1]
    for arguments, out in (((), None), (("--out", "new.csv"), "new.csv")):
        code, told, err = closeout("people", "import", "okta.csv", "--format", "json", *arguments)
        told = json.loads(told)
        jsonschema.validate(told, json.loads((TOP / "docs/schemas/people-import.json").read_text("utf-8")))
        assert (code, err, told["text"], told["out"], told["path"]) == (0, "", text, out, out)
        assert (told["people"], told["teams"], told["known"]) == (2, 1, ["jo"])
        assert [(each["key"], each["there"]) for each in told["additions"]] == [("jo", True)]
        assert [note.split(": ")[0] for note in told["notes"]] == ["okta.csv:5"]
    assert (folder / "new.csv").read_text("utf-8") == text


@pytest.mark.parametrize("name", ["new.csv", "new.yaml"])
def test_a_new_people_file_is_written_and_counts_once_it_is_named(closeout, folder, name):
    (folder / "okta.csv").write_text(OKTA, "utf-8")
    code, out, err = closeout("people", "import", "okta.csv", "--from", "directory", "--out", name)
    assert (code, out) == (0, "")
    assert f'people_files = ["{name}"]' in err
    text = (folder / "closeout.toml").read_text("utf-8").replace('["people.csv"]', f'["people.csv", "{name}"]')
    (folder / "closeout.toml").write_text(text, "utf-8")
    assert load(folder / "closeout.toml", {}).settings.people["bob-roe"].left
    _, out, err = closeout("people", "import", "okta.csv")
    assert "new: 0 people, 0 teams\nin the book already: jo, ann-muller, bob-roe\n" in err


def test_a_people_file_that_stands_is_completed_and_loses_nothing(closeout, folder):
    (folder / "okta.csv").write_text(OKTA, "utf-8")
    (folder / "people.csv").write_text(TABLE + ",ann,Ann M.,ANN@example.com,Annie,\n", "utf-8")
    for _ in range(2):
        code, _, err = closeout("people", "import", "okta.csv", "--out", "people.csv")
        assert code == 0
        assert "people_files" not in err
        written = rows((folder / "people.csv").read_text("utf-8"))
        assert set(written) == {"old", "sam1", "sam2", "ann", "bob-roe", "search"}
        assert (written["ann"]["name"], written["ann"]["email"]) == ("Ann M.", "ANN@example.com")
        assert written["ann"]["aliases"] == "Annie;Ann Müller"
        assert written["ann"]["team"] == "search"
        assert written["old"]["left"] == "true"
    assert closeout("people")[0] == 0


def test_codeowners_are_told_by_the_name_of_the_file(closeout, folder):
    (folder / ".github").mkdir()
    (folder / ".github/CODEOWNERS").write_text("* @acme/dba @jsmith jo@example.com\n", "utf-8")
    code, out, err = closeout("people", "import", ".github/CODEOWNERS")
    assert (code, set(rows(out))) == (0, {"jsmith"})
    assert "in the book already: dba, jo" in err
    assert 'aliases = ["acme/dba"]' in err
    (folder / "owners.txt").write_text("* @second\n", "utf-8")
    assert closeout("people", "import", "owners.txt")[0] == 2
    assert set(rows(closeout("people", "import", "owners.txt", "--from", "codeowners")[1])) == {"second"}


def test_scim_is_told_by_its_first_sign(closeout, folder):
    (folder / "users.json").write_text('{"Resources": [{"userName": "kim@example.com", "active": false}]}', "utf-8")
    code, out, _ = closeout("people", "import", "users.json")
    assert code == 0
    assert rows(out)["kim"]["left"] == "true"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.csv"], "nowhere.csv: can't be read: No such file or directory"),
        (["closeout.toml"], "its name does not tell what it is"),
        (["people.csv", "--out", "x.txt"], "x.txt: this is neither CSV nor YAML"),
        (["people.csv", "--out", "there.yaml"], "writing it anew would lose its comments"),
        (["people.csv", "--out", "other.csv"], "other.csv:1: unknown column `colour`"),
        (["other.csv"], "other.csv:1: no column of users is known here; it has key, colour"),
        (["latin.csv"], "latin.csv:2: this is not UTF-8"),
        (["empty.json"], "no column of users"),
        (["CODEOWNERS"], "there is nobody in it"),
        (["people.csv", "--out", "no/such/folder.csv"], "folder.csv: can't be written"),
    ],
)
def test_what_can_not_be_imported_is_told(closeout, folder, arguments, said):
    (folder / "there.yaml").write_text("# mine\n", "utf-8")
    (folder / "other.csv").write_text("key,colour\njo,red\n", "utf-8")
    (folder / "latin.csv").write_bytes("email\njosé@example.com\n".encode("latin-1"))
    (folder / "empty.json").write_text("", "utf-8")
    (folder / "CODEOWNERS").write_text("# nothing yet\n", "utf-8")
    code, out, err = closeout("people", "import", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err
    assert (folder / "there.yaml").read_text("utf-8") == "# mine\n"

"""CODEOWNERS and directories' exports: what they tell, and what becomes of it beside the book."""

import json

import pytest
from entries import patient
from hypothesis import given
from hypothesis import strategies as st

from tracker.people_files import parse, to_csv, to_yaml
from tracker.roster import Found, codeowners, directory, scim
from tracker.roster.joining import join
from tracker.settings import PersonSettings, TeamSettings

OWNERS = r"""
# the default
*          @acme/dba @jsmith          # @nobody reads this
\#odd.txt  ops@example.com
/a\ b/     @JSmith @acme/data/search
[ab].txt   @range
[Docs][2] @docs-writer
^[Optional Docs] @docs-writer @second
/docs/
!/docs/old
/x         @@maintainer not-a-name
"""


@pytest.fixture
def complaints():
    return []


@pytest.fixture
def complain(complaints):
    return lambda line, what: complaints.append((line, what))


def told(read, text):
    said = []
    return read(text, lambda line, what: said.append((line, what))), said


def test_codeowners_of_github_and_gitlab():
    found, said = told(codeowners.parse, OWNERS)
    assert [(each.line, each.is_team, each.name or each.github or each.email) for each in found] == [
        (3, True, "dba"),
        (3, False, "jsmith"),
        (4, False, "ops@example.com"),
        (5, True, "search"),
        (6, False, "range"),
        (7, False, "docs-writer"),
        (8, False, "second"),
    ]
    assert found[3].aliases == ("@acme/data/search",)
    assert said == [
        (11, "left out: @@maintainer is a role of the project"),
        (11, "left out: not-a-name is neither a login nor a team nor an e-mail address"),
    ]


GOOGLE = """\
First Name [Required],Last Name [Required],Email Address [Required],Password [Required],Org Unit Path [Required],\
New Primary Email [UPLOAD ONLY],Status [READ ONLY],Last Sign In [READ ONLY],Recovery Email,Home Secondary Email,\
Employee ID,Manager Email,Department,New Status [UPLOAD ONLY]
Jo,Smith,jo@example.com,****,/,,Active,2026/11/20,jo@home.example,,,ann@example.com,Search,
Ann,Müller,ann@example.com,****,/,,Suspended,,,,,,Search,
Old,Hand,old@example.com,****,/,,Archived,,,,,,,
"""
GAM = """\
primaryEmail,name.fullName,name.givenName,name.familyName,suspended,archived
jo@example.com,Jo Smith,Jo,Smith,False,False
ann@example.com,Ann Müller,Ann,Müller,True,False
old@example.com,Old Hand,Old,Hand,False,True
"""
ENTRA = """\
userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,accountEnabled,usageLocation
jo@example.com,Jo Smith,Smith,jo@example.com,Jo,1,Member,SRE,Search,True,DE
ann@acme.onmicrosoft.com,Ann Müller,Müller,ann@example.com,Ann,2,Member,,,False,DE
old_home.example#EXT#@acme.onmicrosoft.com,Old Hand,,old@example.com,,3,Guest,,,False,
"""
MICROSOFT_365 = """\
"Block credential","City","Department","Display name","First name","Last name","User principal name"
"False","","","Jo Smith","Jo","Smith","jo@example.com"
"True","","","Ann Müller","Ann","Müller","ann@example.com"
"True","","","Old Hand","","","old@example.com"
"""
OKTA = """\
id,status,profile.login,profile.email,profile.firstName,profile.lastName,profile.managerId,profile.timezone
00u1,LOCKED_OUT,jo@example.com,jo@example.com,Jo,Smith,00u2,Europe/Berlin
00u2,DEPROVISIONED,ann@example.com,ann@example.com,Ann,Müller,,
00u3,SUSPENDED,old@example.com,old@example.com,Old,Hand,,
"""
OKTA_REPORT = """\
Okta username;Primary email;User fullname;Okta user status
jo@example.com;jo@example.com;Jo Smith;Password expired
ann@example.com;ann@example.com;Ann Müller;Deactivated
old@example.com;;Old Hand;Suspended
"""
SCIM = json.dumps(
    {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 3,
        "Resources": [
            {
                "id": "a1",
                "userName": "jsmith",
                "name": {"givenName": "Jo", "familyName": "Smith"},
                "displayName": "Jo Smith",
                "emails": [
                    {"value": "jo@home.example", "type": "home"},
                    {"value": "jo@example.com", "type": "work", "primary": True},
                ],
                "active": True,
                "timezone": "Europe/Berlin",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "a2"}},
            },
            {"id": "a2", "userName": "ann@example.com", "name": {"formatted": "Ann Müller"}, "active": False},
            {"userName": "old@example.com", "displayName": "Old Hand", "active": "False"},
        ],
    }
)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (directory.parse, GOOGLE),
        (directory.parse, GAM),
        (directory.parse, ENTRA),
        (directory.parse, MICROSOFT_365),
        (directory.parse, OKTA),
        (directory.parse, OKTA_REPORT),
        (scim.parse, SCIM),
    ],
    ids=["google", "gam", "entra", "microsoft-365", "okta", "okta-report", "scim"],
)
def test_what_directories_write_is_understood(read, text):
    found, said = told(read, text)
    assert said == []
    assert [(each.name, each.email, each.left) for each in found] == [
        ("Jo Smith", "jo@example.com", False),
        ("Ann Müller", "ann@example.com", True),
        ("Old Hand", "old@example.com", True),
    ]


def test_managers_are_found_by_whatever_the_source_calls_them(complain):
    for read, text in ((directory.parse, GOOGLE), (directory.parse, OKTA), (scim.parse, SCIM)):
        joined = join(told(read, text)[0], {}, {}, complain)
        assert joined.people["jo-smith"]["manager"] == "ann-muller"


def test_departments_are_teams(complain):
    joined = join(told(directory.parse, GOOGLE)[0], {}, {"dig": {"name": "search"}}, complain)
    assert joined.teams == {}
    assert joined.people["jo-smith"]["team"] == "dig"
    joined = join(told(directory.parse, GOOGLE)[0], {}, {}, complain)
    assert joined.teams == {"search": {"name": "Search"}}


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (directory.parse, "colour,size\nred,3\n", (1, "no column of users is known here; it has colour, size")),
        (directory.parse, "", (1, "no column of users is known here; it has nothing")),
        (scim.parse, "{", (1, "not valid JSON: Expecting property name enclosed in double quotes")),
        (
            scim.parse,
            '{"Resources": 3}',
            (1, "this is no list of users as SCIM writes it: there is no list `Resources`"),
        ),
        (scim.parse, "[" * 100_000, (1, "not valid JSON: nested too deep")),
        (scim.parse, '[{"id": 3}]', (1, "this is no user: it has neither `userName` nor `emails`; left out")),
    ],
)
def test_what_is_no_export_is_told(read, text, expected):
    found, said = told(read, text)
    assert found == []
    assert said == [expected]


BOOK = {
    "jo": {"name": "Jo Smith", "email": "Jo@example.com", "aliases": ("Joanna",)},
    "sam": {"name": "Sam Lee"},
    "kim": {"name": "Kim", "github": "kimcodes", "email": "kim@example.com"},
}
TEAMS = {"dba": {"name": "DBA team"}}


def test_who_is_in_the_book_learns_what_it_lacks_and_keeps_what_it_says(complain, complaints):
    found = [
        Found(2, name="Jo Miller", email="jo@example.com", slack="U1", timezone="UTC", aliases=("Miller, Jo",)),
        Found(3, github="KimCodes"),
        Found(4, name="dba-team", aliases=("@acme/dba-team",), is_team=True),
    ]
    joined = join(found, BOOK, TEAMS, complain)
    assert (joined.people, joined.teams, complaints) == ({}, {}, [])
    assert sorted(joined.known) == ["dba", "jo", "kim"]
    assert joined.learnt["people", "jo"] == {
        "slack": "U1",
        "timezone": "UTC",
        "aliases": ("Joanna", "Jo Miller", "Miller, Jo"),
    }
    assert ("people", "kim") not in joined.learnt
    assert joined.learnt["teams", "dba"] == {"aliases": ("acme/dba-team",)}


def test_a_name_proves_nothing(complain, complaints):
    joined = join([Found(7, name="sam lee", email="sam@example.com")], BOOK, TEAMS, complain)
    assert (joined.people, joined.learnt) == ({}, {})
    ((line, said),) = complaints
    assert line == 7
    assert said.startswith("left out: sam lee is called like sam, whose e-mail address the book lacks")
    joined = join([Found(8, name="Jo Smith", email="other@example.com")], BOOK, TEAMS, complain)
    assert set(joined.people) == {"jo-smith"}
    assert complaints[1] == (0, "jo and jo-smith have the same name, which by itself means neither: jo smith")


def test_one_account_of_two_people_is_nobodys(complain, complaints):
    joined = join([Found(1, name="X", email="jo@example.com", github="kimcodes")], BOOK, TEAMS, complain)
    assert (joined.people, joined.known) == ({}, [])
    assert complaints == [(1, "left out: X is jo and kim in the book; make one entry of them")]


def test_several_without_address_are_not_one(complain, complaints):
    joined = join([Found(1, name="A B"), Found(2, name="C D"), Found(3)], {}, {}, complain)
    assert set(joined.people) == {"a-b", "c-d"}
    assert complaints == [(3, "left out: there is neither a name nor a login nor an e-mail address")]


def test_who_has_another_account_that_works_has_not_left(complain):
    for order in (1, -1):
        found = [Found(1, name="Jo", email="j@x.org", left=True), Found(2, name="Jo", email="J@x.org")][::order]
        assert "left" not in join(found, {}, {}, complain).people["jo"]
    assert join([Found(1, email="kim@example.com", left=True)], BOOK, {}, complain).learnt == {
        ("people", "kim"): {"left": True}
    }


def test_what_would_be_no_setting_or_a_formula_is_left_out(complain, complaints):
    found = [
        Found(1, name="Jo Roe", email="jo at home", timezone="Mars/X", aliases=("=1+1", "a;b", "Roe, Jo")),
        Found(2, name="=cmd()", email="evil@example.com"),
        Found(3, email="kim@example.com", timezone="Mars/X"),
    ]
    joined = join(found, BOOK, {}, complain)
    assert joined.people == {"jo-roe": {"name": "Jo Roe", "aliases": ("Roe, Jo",)}}
    assert joined.learnt == {}
    assert sorted(said for _, said in complaints) == [
        "left out: '=cmd()' would be a formula in a spreadsheet",
        "left out: 'Mars/X' can't be the timezone of Jo Roe",
        "left out: 'Mars/X' can't be the timezone of Kim",
        "left out: 'jo at home' is no e-mail address",
    ]


def test_a_manager_whom_nobody_knows_is_told_once(complain, complaints):
    found = [Found(line, name=f"N {line}", email=f"n{line}@x.org", manager="E77") for line in (1, 2, 3)]
    join(found, {}, {}, complain)
    assert complaints == [(1, "left out: E77, manager of 3, is not in the file")]


def quiet(*_):
    pass


some = st.text("jo.smith@exa-=; é", min_size=1, max_size=10).filter(lambda text: text == text.strip())
founds = st.builds(
    Found,
    st.integers(1, 99),
    name=st.none() | some,
    email=st.none() | some | st.sampled_from(["jo@example.com", "a@b.org"]),
    github=st.none() | some,
    slack=st.none() | some,
    aliases=st.lists(some, max_size=2).map(tuple),
    team=st.none() | some,
    manager=st.none() | some,
    timezone=st.none() | some,
    left=st.booleans(),
    is_team=st.booleans(),
    ids=st.frozensets(some, max_size=2),
)


@patient
@given(st.lists(founds.filter(lambda each: not each.is_team or each.name is not None), max_size=4))
def test_whatever_is_found_becomes_a_people_file_that_can_be_read_and_is_known_then(found):
    joined = join(found, BOOK, TEAMS, quiet)
    assert not {*joined.people, *joined.teams} & {*BOOK, *TEAMS}
    for write, name in ((to_csv, "p.csv"), (to_yaml, "p.yaml")):
        file = parse(name, write(joined.people, joined.teams).encode())
        assert file.problems == []
        people = {key: PersonSettings.model_validate(each) for key, each in file.people.items()}
        teams = {key: TeamSettings.model_validate(each) for key, each in file.teams.items()}
        assert (set(people), set(teams)) == (set(joined.people), set(joined.teams))
    again = join(found, {**BOOK, **joined.people}, {**TEAMS, **joined.teams}, quiet)
    assert (again.people, again.teams) == ({}, {})

"""Raw tables with everything wrong that deliveries have: what is rejected and why, what stops the build and with which words."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.python import macros
from tests.python.warehouse import LOGIN_AREAS, Warehouse, write

USER_COLUMNS = [
    "object_id",
    "creation_time",
    "name",
    "email",
    "creation_source",
    "last_session_creation_time",
    "opted_in_to_mailing_list",
    "enabled_for_marketing_drip",
    "org_id",
    "invited_by_user_id",
]
USERS_HEADER = ",".join(USER_COLUMNS)
LOGINS_HEADER = "time_stamp,user_id,visited"

NOT_WHOLE = "not a whole number (for ids of another form set id_type: text)"
NO_TIME = "not a time (ISO 8601, for example 2025-12-31 23:59:59)"
IMPOSSIBLE = "impossible time: before 1970 or after 2099"
TEN_FIELDS = "wrong number of fields: 10 expected"
THREE_FIELDS = "wrong number of fields: 3 expected"
QUOTING = "malformed quoting"
BLANK = "blank line"
SECOND_ACCOUNT = "second account with the same id"


@dataclass(frozen=True)
class Line:
    """One physical line of a raw file and what is to become of it.

    Attributes
    ----------
    text
        The line without its end.
    fate
        "accepted", "excluded", or the reason for which it is rejected.
    column
        The column that the rejection names, if one is to blame.
    """

    text: str
    fate: str = "accepted"
    column: str | None = None


def account(object_id: str, creation_time: str = "2025-01-01 08:00:00", **fields: str) -> str:
    """Returns a line of the accounts file; every name and address in it can be searched for."""
    row = {
        "object_id": object_id,
        "creation_time": creation_time,
        "name": "Zaphirine Quux",
        "email": "zaphirine@quux.example",
        "creation_source": "SIGNUP",
        "last_session_creation_time": "1735725600",
        "opted_in_to_mailing_list": "1",
        "enabled_for_marketing_drip": "0",
        "org_id": "7",
    } | fields
    return ",".join(row.get(column, "") for column in USER_COLUMNS)


USERS = [
    # what looks dirty and is good
    Line(account("1", name='"Quux, ""Zaphirine"""', creation_source='"partner, ""north"""')),
    Line(account("2", name="Zaphirine 🎈👩‍👧", creation_source='"🎈 PARTY"')),
    Line(account("3", name="Zaphirine\x1fQuux")),
    Line(account("4", name="Zaphirine\0Quux")),
    Line(account("10803.0", org_id='""', last_session_creation_time="2025-01-01T10:00:00Z")),
    Line(account(" 5 ", "2025-01-01T00:30:00+02:00", opted_in_to_mailing_list="yes", enabled_for_marketing_drip="FALSE")),
    Line(account("6", "2025-01-01")),
    Line(account("10", org_id=" ", last_session_creation_time=" ", opted_in_to_mailing_list=" ", enabled_for_marketing_drip=" ")),
    # lines that cannot be split; each is followed by a good one, which they must not swallow
    Line("11,2025-01-01 08:00:00,Zaphirine Quux,zaphi", TEN_FIELDS),
    Line(account("7")),
    Line(account("12", name="Quux, Zaphirine"), TEN_FIELDS),
    Line(account("13", name='"Zaphirine Quux'), QUOTING),
    Line(account("8")),
    Line('14,2025-01-01 08:00:00,"Zaphirine', QUOTING),
    Line('Quux",zaphirine@quux.example,SIGNUP,,1,0,7,', TEN_FIELDS),
    Line("", BLANK),
    Line(account("9")),
    # a comma too many and a field too few: the number of fields is right, what stands in them is not
    Line(
        "15,2025-01-01 08:00:00,Quux, Zaphirine,zaphirine@quux.example,SIGNUP,,1,0,7",
        "neither unix seconds nor a time",
        "last_session_creation_time",
    ),
    # values that cannot be
    Line(account(""), "empty id", "object_id"),
    Line(account(" "), "empty id", "object_id"),
    Line(account("12x45"), NOT_WHOLE, "object_id"),
    Line(account("10803.5"), NOT_WHOLE, "object_id"),
    Line(account("99999999999999999999"), NOT_WHOLE, "object_id"),
    Line(account("16", ""), "empty time", "creation_time"),
    Line(account("17", "yesterday"), NO_TIME, "creation_time"),
    Line(account("18", "01/02/2025"), NO_TIME, "creation_time"),
    Line(account("19", "infinity"), NO_TIME, "creation_time"),
    Line(account("20", "2025-01-01 25:61:00"), NO_TIME, "creation_time"),
    Line(account("21", "2025-02-30 08:00:00"), NO_TIME, "creation_time"),
    Line(account("22", "1925-01-01 08:00:00"), IMPOSSIBLE, "creation_time"),
    Line(account("23", "2100-01-01 00:00:00"), IMPOSSIBLE, "creation_time"),
    Line(account("24", last_session_creation_time="soon"), "neither unix seconds nor a time", "last_session_creation_time"),
    Line(account("25", opted_in_to_mailing_list="2"), "neither true nor false", "opted_in_to_mailing_list"),
    Line(account("26", enabled_for_marketing_drip="maybe"), "neither true nor false", "enabled_for_marketing_drip"),
    Line(account("27", org_id="Acme"), NOT_WHOLE, "org_id"),
    Line(account("28", invited_by_user_id="Zaphirine"), NOT_WHOLE, "invited_by_user_id"),
    # the older account stays, wherever it stands; an id is a number, however it is written
    Line(account("30", "2025-01-03 08:00:00", creation_source="NEWER"), SECOND_ACCOUNT, "object_id"),
    Line(account("30", "2025-01-02 08:00:00", creation_source="OLDER")),
    Line(account("10803", "2025-01-02 08:00:00"), SECOND_ACCOUNT, "object_id"),
    # colleagues; the rule also covers the logins of the second, whose account cannot be read
    Line(account("40", email="zaphirine@staff.example"), "excluded"),
    Line(account("41", "soon", email="zaphirine@staff.example"), NO_TIME, "creation_time"),
]
# of two lines that are the same one is rejected, and nobody can tell which
TWICE = account("31", "2025-01-04 08:00:00", creation_source="TWICE")

LOGINS = [
    Line("2025-01-01 09:00:00,1,1"),
    Line('"2025-01-03 09:00:00","1","1"'),
    Line("2025-01-07 09:00:00,1,1"),
    # the same login three times is one active day
    Line("2025-01-05 09:00:00,2,1"),
    Line("2025-01-05 09:00:00,2,1"),
    Line("2025-01-05 09:00:00,2.0,true"),
    # the day is that of UTC
    Line("2025-01-06T01:30:00+02:00,3,"),
    Line("2025-01-06 01:30:00.125,10803.0,1"),
    Line("2025-01-07T00:30+02:00,7,1"),
    Line("2025-01-06 09:00:00 UTC,7,1"),
    Line("2025-01-06 09:00:00 +0000,7,1"),
    # midnight at the end of a day is that at the beginning of the next
    Line("2025-01-05 24:00:00,8,1"),
    # nobody has these accounts: one is unknown, one could not be read
    Line("2025-01-06 09:00:00,999,1"),
    Line("2025-01-06 09:00:00,11,1"),
    # no logins
    Line("2025-01-06 09:00:00,1,0", "excluded"),
    Line("2025-01-06 09:00:00,40,1", "excluded"),
    Line("2025-01-06 09:00:00,41,1", "excluded"),
    Line("2025-01-08 09:00:00,1", THREE_FIELDS),
    Line("2025-01-08 09:00:00,1,1,1", THREE_FIELDS),
    Line('"2025-01-08 09:00:00,1,1', QUOTING),
    Line("2025-01-09 09:00:00,1,1"),
    Line('"2025-01-08', QUOTING),
    Line('09:00:00",1,1', NO_TIME, "time_stamp"),
    Line("", BLANK),
    Line("2025-01-08 09:00:00,,1", "empty id", "user_id"),
    Line("2025-01-08 09:00:00,Zaphirine,1", NOT_WHOLE, "user_id"),
    Line("2025-01-08 09:00:00,1\x1f,1", NOT_WHOLE, "user_id"),
    Line("2025-01-08 09:00:00,1\0,1", NOT_WHOLE, "user_id"),
    Line("2025-01-08 09:00:00,1,perhaps", "neither true nor false", "visited"),
    Line(",1,1", "empty time", "time_stamp"),
    Line("infinity,1,1", NO_TIME, "time_stamp"),
    Line("2025-01-08 25:61:00,1,1", NO_TIME, "time_stamp"),
    Line("2025-01-08 24:00:01,1,1", NO_TIME, "time_stamp"),
    Line("1925-01-08 09:00:00,1,1", IMPOSSIBLE, "time_stamp"),
    # a download that broke off: no end of line after it
    Line("2025-01-08 09:0", THREE_FIELDS),
]

SETTINGS = {"as_of": "2025-01-31", "inputs": {"users": {"excluded": "email like '%@staff.example'"}}}


def dirty_tables(folder: Path) -> Path:
    """Writes both dirty files."""
    users = [USERS_HEADER, *(line.text for line in USERS), TWICE, TWICE, ""]
    logins = [LOGINS_HEADER, *(line.text for line in LOGINS)]
    return write(folder, users="\n".join(users), user_engagement="\n".join(logins))


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of both dirty files; not to be written to."""
    folder = tmp_path_factory.mktemp("dirty")
    warehouse = Warehouse(folder, dirty_tables(folder / "raw"))
    warehouse.build(areas=LOGIN_AREAS, settings=SETTINGS | {"max_rejected_share": 1, "keep_rejected_text": True})
    return warehouse


def rejected(lines: list[Line], table: str) -> list[tuple[Any, ...]]:
    """Returns table, file, line number, column and reason of every line that is to be rejected; the header is line 1."""
    return [
        (table, f"{table}.csv", number, line.column, line.fate)
        for number, line in enumerate(lines, start=2)
        if line.fate not in {"accepted", "excluded"}
    ]


def test_every_rejected_line_is_listed_with_its_number_column_and_reason(dirty: Warehouse) -> None:
    listed = dirty.rows(
        """
        select table_name, source_file, row_number, column_name, reason
        from marts.rejected_rows
        order by table_name desc, row_number
        """
    )
    one_of_the_same_two = [row for row in listed if row[0] == "users" and row[2] in {len(USERS) + 2, len(USERS) + 3}]
    assert [row for row in listed if row not in one_of_the_same_two] == [
        *rejected(USERS, "users"),
        *rejected(LOGINS, "user_engagement"),
    ]
    assert [row[3:] for row in one_of_the_same_two] == [("object_id", SECOND_ACCOUNT)]


def test_the_text_of_every_rejected_line_is_kept_in_staging(dirty: Warehouse) -> None:
    kept = dirty.rows("select table_name, source_row, raw_text from staging.stg_product__rejected_rows")
    lines = {"users": [*USERS, Line(TWICE), Line(TWICE)], "user_engagement": LOGINS}
    assert len(kept) == sum(line.fate not in {"accepted", "excluded"} for line in [*USERS, *LOGINS]) + 1
    assert kept == [(table, number, lines[table][number - 2].text) for table, number, _ in kept]


def test_every_line_is_accepted_rejected_or_excluded(dirty: Warehouse) -> None:
    """By hand: 12 good accounts and one of the same two, 28 bad ones and the other, one colleague; 15, 17 and 3 logins."""
    counts = dirty.rows(
        """
        select table_name, raw_rows, accepted_rows, rejected_rows, excluded_rows
        from marts.source_row_counts
        order by table_name
        """
    )
    assert counts == [("user_engagement", 35, 15, 17, 3), ("users", 43, 13, 29, 1)]


def test_what_can_be_read_arrives_as_it_is_meant(dirty: Warehouse) -> None:
    morning = datetime(2025, 1, 1, 8)
    session = datetime(2025, 1, 1, 10)
    assert dirty.rows(
        """
        select user_id, has_account, creation_source, created_at, last_session_at, is_opted_in_to_mailing_list,
            is_enabled_for_marketing_drip, org_id
        from marts.users
        order by user_id
        """
    ) == [
        (1, True, 'partner, "north"', morning, session, True, False, 7),
        (2, True, "🎈 PARTY", morning, session, True, False, 7),
        (3, True, "SIGNUP", morning, session, True, False, 7),
        (4, True, "SIGNUP", morning, session, True, False, 7),
        (5, True, "SIGNUP", datetime(2024, 12, 31, 22, 30), session, True, False, 7),
        (6, True, "SIGNUP", datetime(2025, 1, 1), session, True, False, 7),
        *((user, True, "SIGNUP", morning, session, True, False, 7) for user in (7, 8, 9)),
        (10, True, "SIGNUP", morning, None, None, None, None),
        (11, False, None, None, None, None, None, None),
        (30, True, "OLDER", datetime(2025, 1, 2, 8), session, True, False, 7),
        (31, True, "TWICE", datetime(2025, 1, 4, 8), session, True, False, 7),
        (999, False, None, None, None, None, None, None),
        (10803, True, "SIGNUP", morning, session, True, False, None),
    ]


def test_accepted_logins_are_days_and_repeated_ones_are_one(dirty: Warehouse) -> None:
    assert dirty.rows("select user_id, date_day, logins from marts.user_activity_days order by all") == [
        (1, date(2025, 1, 1), 1),
        (1, date(2025, 1, 3), 1),
        (1, date(2025, 1, 7), 1),
        (1, date(2025, 1, 9), 1),
        (2, date(2025, 1, 5), 3),
        (3, date(2025, 1, 5), 1),
        (7, date(2025, 1, 6), 3),
        (8, date(2025, 1, 6), 1),
        (11, date(2025, 1, 6), 1),
        (999, date(2025, 1, 6), 1),
        (10803, date(2025, 1, 6), 1),
    ]
    assert dirty.rows("select user_id, adopted_on from marts.user_adoption where is_adopted") == [(1, date(2025, 1, 7))]


def test_names_and_addresses_are_in_no_published_column(dirty: Warehouse) -> None:
    """Every text column of marts and lookups is searched; that the search can find them shows in staging."""
    columns = dirty.rows(
        """
        select table_schema, table_name, column_name
        from information_schema.columns
        where table_schema in ('marts', 'lookups') and data_type = 'VARCHAR'
        """
    )
    planted = "{column} ilike '%zaphirine%' or {column} ilike '%quux%' or {column} like '%@%'"
    assert ("marts", "users", "creation_source") in columns
    for schema, table, column in columns:
        search = planted.format(column=column)
        assert dirty.rows(f"select {column} from {schema}.{table} where {search}") == [], (table, column)
    assert dirty.rows(f"select 1 from staging.stg_product__rejected_rows where {planted.format(column='raw_text')}")


def test_many_rejected_rows_fail_the_build(tmp_path: Path) -> None:
    """The files that pass with max_rejected_share 1 fail at its default, and at that test alone."""
    warehouse = Warehouse(tmp_path, dirty_tables(tmp_path / "raw"))
    run = warehouse.dbt("build", "--exclude-resource-type", "unit_test", settings=SETTINGS)
    assert not run.succeeded
    assert [line.split("Failure in test ")[1].split()[0] for line in run.output.splitlines() if "Failure in" in line] == [
        "rejected_rows_are_a_small_share"
    ]
    # nor is the text of a rejected row kept unless that is said
    assert warehouse.rows("select count(*), count(raw_text) from staging.stg_product__rejected_rows") == [(46, 0)]


def test_an_optional_column_that_the_table_lacks_is_null(tmp_path: Path) -> None:
    """The required columns alone are enough."""
    warehouse = Warehouse(
        tmp_path,
        write(
            tmp_path / "raw",
            users="object_id,creation_time\n1,2025-01-01 08:00:00\n",
            user_engagement="user_id,time_stamp\n1,2025-01-01 09:00:00\n",
        ),
    )
    run = warehouse.dbt("run", "--select", "+users")
    assert run.succeeded, run.output
    assert warehouse.rows(
        """
        select user_id, created_at, org_id, invited_by_user_id, creation_source, is_opted_in_to_mailing_list,
            is_enabled_for_marketing_drip, last_session_at
        from marts.users
        """
    ) == [(1, datetime(2025, 1, 1, 8), None, None, None, None, None, None)]
    assert warehouse.rows("select * from marts.user_activity_days") == [(1, date(2025, 1, 1), 1, 0, 0)]


GOOD_USERS = f"{USERS_HEADER}\n{account('1')}\n".encode()
GOOD_LOGINS = f"{LOGINS_HEADER}\n2025-01-01 09:00:00,1,1\n".encode()
# so long that its accent comes after what is read to find the header
LATIN_1 = "\n".join([USERS_HEADER, *map(account, map(str, range(1, 4_001))), account("4001", name="Zoé")]).encode("latin-1")


BASE_MODELS = ("base_product__users", "base_product__user_engagement")


@pytest.mark.parametrize(
    ("files", "settings", "messages"),
    [
        pytest.param(
            {"users": b"", "user_engagement": None},
            {},
            [
                "product.users: {raw}/users.csv is empty: it has no header line. Deliver it again",
                "product.user_engagement: there is no file {raw}/user_engagement.csv. RAW_DATA_DIR names the folder, "
                "inputs.user_engagement.from another file, raw_sources the sources in use",
            ],
            id="an empty file, a missing file",
        ),
        pytest.param(
            {"users": b"object_id,name,signed_up\n", "user_engagement": b'time_stamp,user_id," User_Id "\n'},
            {},
            [
                "product.users: {raw}/users.csv lacks creation_time; it has object_id, name, signed_up. "
                "Say in inputs.users.columns which of them it is, for example: creation_time: signed_up",
                "product.user_engagement: the header of {raw}/user_engagement.csv has a name twice: "
                "time_stamp, user_id, User_Id. Rename one",
            ],
            id="a missing column, a name twice",
        ),
        # a setting that cannot be meant stops the call before anything is built
        pytest.param(
            {},
            {"inputs": {"users": {"form": "accounts.csv"}}},
            ["inputs.users.form is not a setting; there are: from, columns, only, excluded, encoding"],
            id="an unknown key",
        ),
        pytest.param(
            {},
            {"inputs": {"user_engagement": {"columns": {"uid": "user_id"}}}},
            [
                "inputs.user_engagement.columns.uid is not a column of the contract of product.user_engagement; "
                "it has: time_stamp, user_id, visited. The contract's name stands on the left, yours on the right",
            ],
            id="an unknown column",
        ),
        pytest.param(
            {},
            {"inputs": {"users": {"from": "accounts.xlsx"}}},
            ["inputs.users.from is 'accounts.xlsx'; it can be a file or glob that ends in .csv or .parquet"],
            id="a file of another kind",
        ),
        pytest.param(
            {"users": LATIN_1},
            {"inputs": {"users": {"encoding": "utf-16"}}},
            ["product.users: {raw}/users.csv, read as utf-16 (inputs.users.encoding), lacks object_id, creation_time"],
            id="Latin-1 read as UTF-16",
        ),
        pytest.param(
            {"users": GOOD_USERS.replace(b"\n", b"\r\n") + b"2,2025-01-01 08:00:00,,,,,,,,\r13,2025-01-01 08:00:00,,,,,,,,\r\n"},
            {},
            ["product.users: lines of {raw}/users.csv end in CRLF, and one has a lone CR in it"],
            id="a lone CR among CRLF",
        ),
    ],
)
def test_what_cannot_be_meant_stops_the_build_and_says_what_to_do(
    folder: Path, tmp_path: Path, files: dict[str, bytes | None], settings: dict[str, Any], messages: list[str]
) -> None:
    folder.mkdir()
    for table, content in ({"users": GOOD_USERS, "user_engagement": GOOD_LOGINS} | files).items():
        if content is not None:
            (folder / f"{table}.csv").write_bytes(content)
    run = Warehouse(tmp_path, folder).dbt("run", "--select", *BASE_MODELS, settings=settings)
    assert not run.succeeded
    for message in messages:
        assert message.replace("{raw}", str(folder)) in run.output


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(
            {"inputs": {"accounts": {"from": "accounts.csv"}}},
            "inputs names 'accounts', which is no table of the contract; there are: user_profiles, user_actions",
            id="an unknown table",
        ),
        pytest.param({"raw_sources": ["crm"]}, "raw_sources names 'crm'; there are: people, product", id="an unknown source"),
        pytest.param({"id_type": "uuid"}, "id_type is 'uuid'; it can be: bigint, text", id="an unknown id type"),
        pytest.param(
            {"timezone": "New York"},
            "timezone is 'New York', which is no name of a time zone; one is America/New_York",
            id="an unknown time zone",
        ),
        pytest.param(
            {"adoption_definition": "weekly"},
            "adoption_definition is 'weekly'; it can be: rolling, fixed_window, iso_week",
            id="an unknown definition",
        ),
        pytest.param(
            {"adoption_days": 1},
            "adoption_days is 1 and adoption_window_days 7: nobody can be active on so many days of the window, or everybody is; "
            "take 2 to adoption_window_days",
            id="one day is no habit",
        ),
        pytest.param(
            {"as_of": "31.12.2025"},
            "'31.12.2025' in as_of or rebuild_days is no date; write it as 2025-12-31",
            id="a date of another form",
        ),
        pytest.param(
            {"rebuild_days": ["2025-01-01"]},
            "rebuild_days is ['2025-01-01']; it must be two dates, the first and the last day",
            id="one date for a period",
        ),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], message: str) -> None:
    """With the name and what there is."""
    with pytest.raises(ValueError, match=r".") as refusal:
        macros.check_settings(settings)
    assert message in str(refusal.value)


def test_the_settings_of_the_project_pass() -> None:
    """So that what is refused above is refused for its own sake."""
    macros.check_settings({})


def test_a_wrong_encoding_stops_the_first_model_that_reads_the_file(folder: Path, tmp_path: Path) -> None:
    """DuckDB's own words name the file and the line."""
    write(folder, user_engagement=GOOD_LOGINS.decode())
    (folder / "users.csv").write_bytes(LATIN_1)
    settings = {"inputs": {"users": {"encoding": "utf-8"}}}
    run = Warehouse(tmp_path, folder).dbt("run", "--select", "+stg_product__row_counts", settings=settings)
    assert not run.succeeded
    for words in ("CSV Error on Line: 4002", "This file is not utf-8 encoded", f"file = {folder}/users.csv"):
        assert words in run.output

"""Raw tables as nobody would deliver them: bytes, lines, headers and values changed at random, and texts that attack what reads them."""

import csv
import io
import json
import random
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# A product that no table holds: where it is found, somebody has worked out what a text asks for.
FACTOR = 6007
PRODUCT = str(FACTOR * FACTOR)
READER_COLUMNS = [
    "_reading_problem",
    "_source_row",
    "_source_file",
    "_raw_text",
    "_line",
    "filename",
    "file_row_number",
    "reading_problem",
    "raw_text",
    "source_row",
    "source_file",
    "is_excluded",
    "line",
    "fields",
    "line_number",
    "source_rows",
    "raw_rows",
]
LINE_END = re.compile(rb"\r\n|\n|\r")

Mutation = Callable[[random.Random, bytes, Path], bytes]


def attacks(canary: Path) -> list[str]:
    """Returns texts that write a file into a folder, or give PRODUCT, where they are executed as SQL or Jinja."""
    copy = f"copy (select 1) to '{canary}/pwned.csv'"
    call = f'run_query("{copy.replace(chr(39), chr(92) + chr(39))}")'
    # ends the reader's query, and begins another that the rest of the text completes
    escape = "'' as line, 0 as line_number, '' as filename, '' as _source_row"
    return [
        f"x\" from (select [''] as fields, {escape})) select 1 as x); {copy}; create view y as (with raw_rows as (select null as \"x",
        f'x" from (select 1)); {copy}; --',
        f'x" as y from (select 1) as z) as q; {copy}; --',
        f"x'; {copy}; --",
        f"x'); {copy}; --",
        f"'']); {copy}; --",
        f"x\\'; {copy}; --",
        f"*/ ; {copy}; /*",
        f"; {copy};",
        f'{{{{ run_query("{copy}") }}}}',
        f"{{{{ {call} }}}}",
        f'{{% do run_query("{copy}") %}}',
        f"{{{{ {FACTOR} * {FACTOR} }}}}",
        f"{{{{ exceptions.raise_compiler_error('{PRODUCT[:4]}' ~ '{PRODUCT[4:]}') }}}}",
        f"' || cast({FACTOR} * {FACTOR} as varchar) || '",
        f'" || cast({FACTOR} * {FACTOR} as varchar) || "',
        f"$${FACTOR}$$",
        f"={FACTOR}*{FACTOR}",
        "=cmd|' /C calc'!A0",
        f"+{FACTOR}*{FACTOR}",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "{#",
        "#}",
        "{%",
        "{{",
        "select",
        "user_id; drop schema staging cascade",
        '""',
        '"',
        "'",
        "\\",
        "a\nb",
        "a\tb",
        "null",
        "NULL",
        "true",
        "column with spaces",
        "ünïcödé 🎈",
        "\u202egnp.exe",
        "x" * 300,
        "../../etc/passwd",
        "%s %d {0} {x}",
    ]


def attack(draw: random.Random, canary: Path) -> str:
    """Returns one of them, in every second case the one that is known to have worked."""
    known, *others = attacks(canary)
    return known if draw.random() < 0.5 else draw.choice(others)


def values(canary: Path) -> list[str]:
    """Returns values that a cell of any column may hold."""
    return [
        *attacks(canary),
        "",
        " ",
        "0",
        "-1",
        "1.0",
        "1e308",
        "1e-400",
        "9" * 400,
        str(2**63 - 1),
        str(2**63),
        str(-(2**63)),
        "0x10",
        "1_000",
        "NaN",
        "-inf",
        "Infinity",
        "1969-12-31 23:59:59",
        "1970-01-01 00:00:00",
        "2099-12-31 23:59:59.999999",
        "2100-01-01",
        "0001-01-01",
        "9999-12-31T23:59:59Z",
        "290000-01-01 00:00:00",
        "1969-12-31T23:00:00-14:00",
        "2099-12-31T23:00:00-12:00",
        "2025-02-29 10:00:00",
        "2025-06-01T24:00:00Z",
        "2025-06-01T23:59:60Z",
        "01/01/1970 0:00",
        "12/31/2099 23:59",
        "4102444799",
        "-4102444799",
        "1e18",
        "infinity",
        "550e8400-e29b-41d4-a716-446655440000",
        "usr_17",
        "00017",
        "\u0661\u0667",
        "a\0b",
        "a\x1f\x1eb",
        "\ufeff1",
        "y" * 100_000,
    ]


def fields_of(line: bytes) -> list[bytes]:
    """Returns what stands between the commas of a line."""
    return line.split(b",")


def edited(data: bytes, edit: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """Returns a file whose lines, the header not among them, have been edited."""
    header, *lines = data.split(b"\n")
    return b"\n".join([header, *edit(lines)])


def encoded(text: str) -> bytes:
    """Returns a text in UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def as_field(text: str) -> bytes:
    """Returns a text as one well-formed CSV field."""
    file = io.StringIO()
    csv.writer(file, lineterminator="").writerow([text])
    return encoded(file.getvalue())


def flip_bytes(draw: random.Random, data: bytes, _: Path) -> bytes:
    changed = bytearray(data)
    for _number in range(draw.choice([1, 3, 30]) if changed else 0):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def flip_bytes_of_the_header(draw: random.Random, data: bytes, _: Path) -> bytes:
    changed = bytearray(data)
    for _number in range(2 if changed else 0):
        changed[draw.randrange(max(1, data.find(b"\n")))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def cut_off(draw: random.Random, data: bytes, _: Path) -> bytes:
    return data[: draw.randrange(len(data) + 1)]


def cut_lines(draw: random.Random, data: bytes, _: Path) -> bytes:
    return edited(data, lambda lines: [line[: draw.randrange(len(line) + 1)] if draw.random() < 0.2 else line for line in lines])


def repeat_lines(draw: random.Random, data: bytes, _: Path) -> bytes:
    return edited(data, lambda lines: [line for line in lines for _ in range(draw.choice([1, 1, 2, 3]))])


def reorder_lines(draw: random.Random, data: bytes, _: Path) -> bytes:
    return edited(data, lambda lines: draw.sample(lines, len(lines)))


def move_the_header(draw: random.Random, data: bytes, _: Path) -> bytes:
    lines = data.split(b"\n")
    return b"\n".join(draw.sample(lines, len(lines)))


def join_lines(draw: random.Random, data: bytes, _: Path) -> bytes:
    return edited(data, lambda lines: b"".join(line + draw.choice([b"\n", b"\n", b"\n", b"", b" "]) for line in lines).split(b"\n"))


def unbalance_quotes(draw: random.Random, data: bytes, _: Path) -> bytes:
    changed = bytearray(data)
    for _number in range(draw.choice([1, 2, 7])):
        changed.insert(draw.randrange(len(changed) + 1), ord('"'))
    return bytes(changed)


def quote_fields(draw: random.Random, data: bytes, _: Path) -> bytes:
    def quoted(line: bytes) -> bytes:
        return b",".join(b'"' + field + b'"' if draw.random() < 0.5 else field for field in fields_of(line))

    return b"\n".join(quoted(line) for line in data.split(b"\n"))


def change_separators(draw: random.Random, data: bytes, _: Path) -> bytes:
    separator = draw.choice([b";", b"\t", b"|", b", ", b":", b"\x1f"])
    if draw.random() < 0.5:
        return data.replace(b",", separator)
    return edited(data, lambda lines: [line.replace(b",", separator) if draw.random() < 0.3 else line for line in lines])


def insert_bytes(draw: random.Random, data: bytes, _: Path) -> bytes:
    ends = [b"\0", b"\r", b"\n", b"\r\n", b"\n\n\n", b"\x1a", b"\x0b", b"\x0c", b"\x85", b"\xc2\x85", b"\xe2\x80\xa8", b"\x1f\x1e\x1f\x1e"]
    inserted = draw.choice(ends)
    changed = data
    for _number in range(draw.choice([1, 5])):
        place = draw.randrange(len(changed) + 1)
        changed = changed[:place] + inserted + changed[place:]
    return changed


def end_lines_otherwise(draw: random.Random, data: bytes, _: Path) -> bytes:
    how = draw.choice(["crlf", "cr", "mixed", "crcrlf", "none at the end"])
    if how == "mixed":
        return b"".join(line + draw.choice([b"\n", b"\r\n"]) for line in data.split(b"\n"))
    if how == "none at the end":
        return data.rstrip(b"\n")
    return data.replace(b"\n", {"crlf": b"\r\n", "cr": b"\r", "crcrlf": b"\r\r\n"}[how])


def put_marks(draw: random.Random, data: bytes, _: Path) -> bytes:
    mark = b"\xef\xbb\xbf"
    inside = data.replace(b"\n", b"\n" + mark, 3)
    return draw.choice([mark + data, mark + mark + data, inside, b"\xff\xfe" + data, b"\xfe\xff" + data, data + mark])


def encode_otherwise(draw: random.Random, data: bytes, _: Path) -> bytes:
    text = data.decode("utf-8", "replace").replace("User", draw.choice(["Usér", "Größe", "User"]))
    encoding = draw.choice(["latin-1", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-8-sig", "utf-32", "utf-7"])
    return text.encode(encoding, "replace")


def name_columns_with_attacks(draw: random.Random, data: bytes, canary: Path) -> bytes:
    header, *lines = data.split(b"\n")
    names = fields_of(header)
    for _number in range(draw.choice([1, 1, 2])):
        names[draw.randrange(len(names))] = as_field(attack(draw, canary))
    return b"\n".join([b",".join(names), *lines])


def add_columns_with_attacks(draw: random.Random, data: bytes, canary: Path) -> bytes:
    """Beside the columns that are read, so that nothing is missing."""
    name = as_field(attack(draw, canary))
    cell = as_field(draw.choice(values(canary)).replace("\n", " "))
    header, *lines = data.split(b"\n")
    return b"\n".join([header + b"," + name, *(line + b"," + cell if line else line for line in lines)])


def add_columns_of_the_reader(draw: random.Random, data: bytes, canary: Path) -> bytes:
    names = draw.sample(READER_COLUMNS, draw.choice([1, 2, 5]))
    if draw.random() < 0.3:
        names = [name.upper() for name in names]
    header, *lines = data.split(b"\n")
    cells = b"".join(b"," + as_field(draw.choice(values(canary)).replace("\n", " ")) for _ in names)
    return b"\n".join([b",".join([header, *map(encoded, names)]), *(line + cells if line else line for line in lines)])


def change_the_header(draw: random.Random, data: bytes, _: Path) -> bytes:
    header, *lines = data.split(b"\n")
    names = fields_of(header)
    place = draw.randrange(len(names))
    how = draw.choice(["drop", "repeat", "shuffle", "upper", "empty", "blank", "swap"])
    if how == "drop":
        del names[place]
    elif how == "repeat":
        names.append(names[place].upper())
    elif how == "shuffle":
        draw.shuffle(names)
    elif how == "upper":
        names = [name.upper() for name in names]
    elif how == "empty":
        names[place] = b""
    elif how == "blank":
        names[place] = b" " + names[place] + b" "
    else:
        names[0], names[-1] = names[-1], names[0]
    return b"\n".join([b",".join(names), *lines])


def fill_cells_with_attacks(draw: random.Random, data: bytes, canary: Path) -> bytes:
    def attacked(line: bytes) -> bytes:
        fields = fields_of(line)
        if draw.random() < 0.3:
            value = draw.choice(values(canary))
            fields[draw.randrange(len(fields))] = as_field(value) if draw.random() < 0.8 else encoded(value)
        return b",".join(fields)

    return edited(data, lambda lines: [attacked(line) if line else line for line in lines])


def change_counts_of_fields(draw: random.Random, data: bytes, _: Path) -> bytes:
    def changed(line: bytes) -> bytes:
        fields = fields_of(line)
        return b",".join(draw.choice([fields, fields[:-1], [*fields, b"1"], [*fields, b""], fields[:1], [b"", *fields], fields * 40]))

    return edited(data, lambda lines: [changed(line) if draw.random() < 0.3 else line for line in lines])


def empty(draw: random.Random, data: bytes, _: Path) -> bytes:
    header = data.split(b"\n")[0]
    marks = [b"\xef\xbb\xbf", b"\xff\xfe"]
    return draw.choice([b"", b"\n", b"\r\n", b"\0", b"\n\n\n" + data, header, header + b"\n", b" ", b",", b'"', *marks])


MUTATIONS: list[Mutation] = [
    flip_bytes,
    flip_bytes_of_the_header,
    cut_off,
    cut_lines,
    repeat_lines,
    reorder_lines,
    move_the_header,
    join_lines,
    unbalance_quotes,
    quote_fields,
    change_separators,
    insert_bytes,
    end_lines_otherwise,
    put_marks,
    encode_otherwise,
    name_columns_with_attacks,
    add_columns_with_attacks,
    add_columns_of_the_reader,
    change_the_header,
    fill_cells_with_attacks,
    change_counts_of_fields,
    empty,
]


def physical_lines(data: bytes) -> int:
    """Returns how many lines a file has after its header; a last line needs no end."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        data = encoded(data.decode("utf-16", "replace"))
    lines = LINE_END.split(data)
    return len(lines) - 1 - (lines[-1] == b"")


Rows = list[dict[str, Any]]


def rows_of(data: bytes) -> Rows:
    """Returns the rows of a plain CSV table."""
    return [dict(row) for row in csv.DictReader(io.StringIO(data.decode()))]


def mutated_rows(draw: random.Random, rows: Rows, canary: Path) -> Rows:
    """Returns rows with hostile names or values; every row has the same columns."""
    names = list(rows[0])
    renamed = {name: name for name in names}
    for _number in range(draw.choice([0, 1, 1])):
        renamed[draw.choice(names)] = draw.choice([*attacks(canary), *READER_COLUMNS])
    changed: Rows = [{renamed[name]: value for name, value in row.items()} for row in rows]
    for _number in range(draw.choice([0, 1, 3])):
        extra = draw.choice([*attacks(canary), *READER_COLUMNS, "User_ID", "TS"])
        for row in changed:
            row[extra] = draw.choice(values(canary)) if draw.random() < 0.3 else "1"
    for row in changed:
        if draw.random() < 0.2:
            row[draw.choice(list(row))] = draw.choice([None, *values(canary)])
    return changed


def number(draw: random.Random, text: str | None) -> float | None:
    """Returns the number that a text is, or what stands for none."""
    return float(text) if text and re.fullmatch(r"[0-9]{1,15}", text) else draw.choice([float("nan"), float("inf"), None])


def of_another_type(draw: random.Random, texts: list[str | None]) -> pa.Array:
    """Returns a column of a type that nobody expects."""
    times = [datetime.min, datetime(1969, 12, 31, 23), datetime(2099, 12, 31, 23), datetime(2025, 1, 1), None]
    columns: list[Callable[[], pa.Array]] = [
        lambda: pa.array([number(draw, text) for text in texts]),
        lambda: pa.array([[text] for text in texts], pa.list_(pa.string())),
        lambda: pa.array([{"x": text, 'y" z': 1} for text in texts]),
        lambda: pa.array([(text or "").encode() for text in texts], pa.binary()),
        lambda: pa.array([draw.choice(times) for _ in texts], pa.timestamp("us")),
        lambda: pa.array([date(2025, 1, 1) for _ in texts], pa.date32()),
        lambda: pa.array([draw.choice([True, False, None]) for _ in texts], pa.bool_()),
        lambda: pa.array([draw.choice([-(2**63), 2**63 - 1, 7, None]) for _ in texts], pa.int64()),
        lambda: pa.array([None for _ in texts], pa.null()),
    ]
    return draw.choice(columns)()


def with_types(draw: random.Random, rows: Rows) -> pa.Table:
    """Returns rows as a table some columns of which have types that nobody expects there."""
    columns = {name: [row.get(name) for row in rows] for name in rows[0]}
    return pa.table(
        {name: of_another_type(draw, texts) if draw.random() < 0.3 else pa.array(texts, pa.string()) for name, texts in columns.items()}
    )


def write_parquet(draw: random.Random, path: Path, rows: Rows) -> None:
    """Writes rows as a Parquet file."""
    pq.write_table(with_types(draw, rows), path)


def write_json_lines(draw: random.Random, path: Path, rows: Rows) -> None:
    """Writes rows as one JSON object a line, some of them nested, without a field, or with other types in it."""

    def changed(row: dict[str, Any]) -> dict[str, Any]:
        if draw.random() < 0.1:
            name = draw.choice(list(row))
            return row | {name: draw.choice([[1, 2], {"x": row[name], "y": {}}, True, 1.5, -(2**63), None])}
        return {name: value for name, value in row.items() if draw.random() < 0.99}

    path.write_text("".join(json.dumps(changed(row)) + "\n" for row in rows))

"""A process that asks the same question again and again until its input ends, and then says what it was told.

It is given, as JSON in its first argument: statements to prepare, statements before and after each question (a reader who comes back
attaches and detaches), and the question. It prints JSON: how often it asked, the different answers in the order of their first appearance,
and errors.
"""

import json
import os
import select
import sys
from typing import Any

import duckdb

script = json.loads(sys.argv[1])
connection = duckdb.connect(":memory:")
for statement in script["prepare"]:
    # what is secret comes by the environment, and not as an argument that every process sees
    connection.execute(statement.format(**os.environ))

answers: dict[str, Any] = {}
errors: list[str] = []
asked = 0
while not select.select([sys.stdin], [], [], 0.002)[0]:
    try:
        for statement in script["before"]:
            connection.execute(statement)
        answer = connection.execute(script["question"]).fetchall()
        answers.setdefault(repr(answer), answer)
        for statement in script["after"]:
            connection.execute(statement)
    except duckdb.Error as error:
        errors.append(str(error))
    asked += 1
    if asked == 1:
        print("ready", flush=True)
print(json.dumps({"asked": asked, "answers": list(answers.values()), "errors": errors[:5]}))

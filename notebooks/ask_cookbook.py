"""Asks every question of docs/queries.md as a Python user does: the catalog opened read-only, beside whoever else has it
open. Each has to have an answer. Usage: ask_cookbook.py LAKE COOKBOOK."""

import re
import sys
from pathlib import Path

import duckdb

lake, cookbook = sys.argv[1:]
text = Path(cookbook).read_text()
asked = re.findall(r"^### (\d+)\. .*?```sql\n(.+?)```", text, re.M | re.S)
assert [int(number) for number, _ in asked] == list(range(1, 26)), "25 questions, counted through"

connection = duckdb.connect(f"{lake}/lake.duckdb", read_only=True)
connection.sql("SET TimeZone = 'UTC'")
for number, sql in asked:
    columns = connection.sql(sql).fetchnumpy()
    assert len(next(iter(columns.values()))) > 0, f"question {number}: no answer"
print(f"{len(asked)} questions answered by duckdb {duckdb.__version__} of Python")

"""Typed tables keep their types where nothing in them shows one."""

import pandas as pd
import pytest

from python_models.methods.tables import TYPES, typed

COLUMNS = {name: name for name in TYPES}


@pytest.mark.parametrize("frame", [pd.DataFrame(columns=list(COLUMNS)), pd.DataFrame([dict.fromkeys(COLUMNS)])])
def test_types_survive_emptiness(frame: pd.DataFrame) -> None:
    """No row, or a row of nothing."""
    table = typed(frame, COLUMNS)
    assert table.num_rows == len(frame)
    assert dict(zip(table.schema.names, table.schema.types, strict=True)) == TYPES


def test_columns_come_in_the_declared_order() -> None:
    """NaN is missing, not a number."""
    table = typed(pd.DataFrame({"b": [1.0, float("nan")], "a": [1, 2]}), {"a": "bigint", "b": "double"})
    assert table.to_pydict() == {"a": [1, 2], "b": [1.0, None]}


def test_other_columns_than_declared_are_named() -> None:
    """Both kinds."""
    with pytest.raises(ValueError, match=r"missing: \['a'\]; that are not declared: \['b'\]"):
        typed(pd.DataFrame({"b": [1]}), {"a": "bigint"})

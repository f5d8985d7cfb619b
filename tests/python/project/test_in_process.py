"""What is built in this process, without dbt, is what dbt builds; so what is shown by the one holds for the other."""

from tests.python.in_process import Build, connected
from tests.python.warehouse import Warehouse


def test_raw_tables_are_those_of_dbt(sample: Warehouse) -> None:
    """The raw tables of the sample, typed, judged and counted, row by row."""
    with connected() as connection:
        build = Build(connection, sample.raw, {"raw_sources": list(sample.sources)})
        for name in ("source_row_counts", "rejected_rows"):
            build.table(name)
        relations = [relation for relation in build.built.values() if relation.schema in {"staging", "marts"}]
        assert len(relations) > 20
        # under the name by which the views in it name their tables
        connection.execute(f"attach '{sample.path}' as warehouse (read_only)")
        for relation in relations:
            columns = "select column_name, column_type from (describe {}{})"
            here, there = (connection.execute(columns.format(place, relation)).fetchall() for place in ("", "warehouse."))
            assert here == there, relation
            differing = (
                f"(from {relation} except all from warehouse.{relation}) union all (from warehouse.{relation} except all from {relation})"
            )
            assert connection.execute(f"select count(*) from ({differing})").fetchall() == [(0,)], relation
            rows = connection.execute(f"select count(*) from {relation}").fetchall()
            assert rows != [(0,)] or relation == "staging.stg_inputs__excluded_users", relation

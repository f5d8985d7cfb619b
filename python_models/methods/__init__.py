"""Statistics as plain functions of arrays and frames: no dbt, no DuckDB, no files."""

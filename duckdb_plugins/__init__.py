"""What each connection to the warehouse is given when it is opened: plugins of dbt-duckdb, named in profiles.yml."""

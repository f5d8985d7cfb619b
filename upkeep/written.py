"""What dbt writes besides the warehouse."""

# in its target folder
ARTIFACTS = (
    "catalog.json",
    "compiled",
    "graph.gpickle",
    "graph_summary.json",
    "index.html",
    "manifest.json",
    "partial_parse.msgpack",
    "perf_info.json",
    "run",
    "run_results.json",
    "semantic_manifest.json",
    "sources.json",
    "static_index.html",
)
# in its folder of logs
LOGS = "dbt.log*"

"""One page a file; each has a function `page`."""

# file, what it is called, its icon
PAGES = (
    ("overview", "Overview", "space_dashboard"),
    ("adoption", "Adoption", "trending_up"),
    ("actions", "Actions", "touch_app"),
    ("segments", "Segments", "bubble_chart"),
    ("retention", "Retention", "event_repeat"),
    ("plays", "Plays and skips", "skip_next"),
    ("lookup", "User look-up", "person_search"),
    ("quality", "Data quality", "rule"),
)

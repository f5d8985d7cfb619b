"""Texts and names in SQL."""


def literal(text: str) -> str:
    """Returns a text as standard SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def name(*parts: str) -> str:
    """Returns a name as standard SQL quotes it, which keeps words of the language usable."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)

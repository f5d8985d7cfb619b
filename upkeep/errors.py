"""What stops a command, in words for the person who called it."""


class UpkeepError(Exception):
    """Says what is wrong, and what to do about it."""


class InUseError(UpkeepError):
    """Another process has the file open."""

"""What stops a publish, in words for the person who called it."""


class PublishError(Exception):
    """Says what is wrong, and what to do about it."""

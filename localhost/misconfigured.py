"""The one exception for a user's mistake: shown as its sentence, never as a stack trace."""


class Misconfigured(Exception):  # noqa: N818 - it names a state that the user can mend, not a bug
    """What is wrong, where it stands, and what was expected."""

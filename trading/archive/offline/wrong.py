"""How a check of an archive fails."""


class Wrong(Exception):
    """A check that failed; the text says which item and why."""


def need(condition: object, text: str) -> None:
    """Raise Wrong with the text unless the condition holds."""
    if not condition:
        raise Wrong(text)

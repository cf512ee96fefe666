"""Small pieces of Markdown."""


def cell(text: object) -> str:
    """Return ``text`` as one cell of a table."""
    return " ".join(str(text).split()).replace("|", "\\|")

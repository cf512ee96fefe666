"""Numbers of bytes as people read them."""


def size(count: int) -> str:
    """Say a number of bytes.

    >>> size(1_536_000), size(2_000), size(3_210_000_000)
    ('1.5 MB', '2.0 kB', '3.2 GB')
    """
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count / 1e3:.1f} kB"

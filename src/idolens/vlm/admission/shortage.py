"""Tells whether something failed because memory ran out, whoever's memory it was."""

from typing import Final

_WORDS: Final = ("out of memory", "failed to allocate", "can't allocate memory")


def ran_out(error: BaseException | None) -> bool:
    """Tell whether ``error`` says that memory ran out, on a card or off it.

    By their words, for torch and ONNX Runtime have classes of their own, and an
    installation may have neither.

    >>> ran_out(RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"))
    True
    >>> ran_out(ValueError("no such picture"))
    False
    """
    if error is None:
        return False
    said = str(error).lower()
    return isinstance(error, MemoryError) or (
        isinstance(error, Exception) and any(words in said for words in _WORDS)
    )

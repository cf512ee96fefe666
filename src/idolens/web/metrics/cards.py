"""How busy, how full and how hot NVIDIA graphics cards are; none is no failure."""

import threading
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One graphics card now; None is what it does not tell.

    Attributes:
        number: its place in the machine.
        use: share of the last while that it computed.
        celsius: its temperature.
    """

    number: int
    use: float | None
    memory_used: int | None
    memory: int | None
    celsius: int | None


class Cards:
    """The cards of this machine; the driver is asked for at the first look.

    Args:
        library: NVIDIA's management library; None takes the one installed.
    """

    def __init__(self, library: Any = None) -> None:
        self._library: Any = library
        self._lock = threading.Lock()
        self._count: int | None = None

    def look(self) -> list[Card]:
        """Return every card as it is now; none where there is no driver."""
        with self._lock:
            if self._count is None:
                self._count = self._open()
            return [self._card(number) for number in range(self._count)]

    def _open(self) -> int:
        if self._library is None:
            # It costs a tenth of a second, and only a service needs it.
            self._library = import_module("pynvml")
        try:
            self._library.nvmlInit()
            return int(self._library.nvmlDeviceGetCount())
        except self._library.NVMLError:
            return 0

    def _card(self, number: int) -> Card:
        library = self._library
        handle = self._asked(library.nvmlDeviceGetHandleByIndex, number)
        use = self._asked(library.nvmlDeviceGetUtilizationRates, handle)
        memory = self._asked(library.nvmlDeviceGetMemoryInfo, handle)
        heat = self._asked(
            library.nvmlDeviceGetTemperature, handle, library.NVML_TEMPERATURE_GPU
        )
        return Card(
            number=number,
            use=None if use is None else use.gpu / 100,
            memory_used=None if memory is None else int(memory.used),
            memory=None if memory is None else int(memory.total),
            celsius=heat,
        )

    def _asked(self, function: Any, *arguments: Any) -> Any:
        """Ask one thing; a card that is split, or off the bus, does not tell all."""
        if arguments and arguments[0] is None:
            return None
        try:
            return function(*arguments)
        except self._library.NVMLError:
            return None

"""How long the stages of a run take, on a processor and on a card.

A card works on while the program has gone ahead, so there the card itself notes when a
stage began and ended; its notes are read at the end of a run, which has to wait for the
card in any case. On other devices nothing is told rather than something wrong.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager

import torch

from idolens.media.meter import UNMETERED, Meter, Stage
from idolens.vlm.glm.machine import Machine


class Stages:
    """The stages of one model's runs; not to be shared between threads at a time.

    Args:
        machine: where the model is computed.

    Attributes:
        meter: who is told.
    """

    def __init__(self, machine: Machine) -> None:
        self.meter: Meter = UNMETERED
        self._kind = machine.device.type
        self._noted: list[tuple[Stage, torch.cuda.Event, torch.cuda.Event]] = []

    @contextmanager
    def timed(self, stage: Stage) -> Generator[None]:
        """Time what is computed within this."""
        if self.meter is UNMETERED or self._kind not in {"cpu", "cuda"}:
            yield
        elif self._kind == "cpu":
            begin = time.perf_counter()
            yield
            self.meter.took(stage, time.perf_counter() - begin)
        else:
            begun = torch.cuda.Event(enable_timing=True)
            ended = torch.cuda.Event(enable_timing=True)
            begun.record()
            yield
            ended.record()
            self._noted.append((stage, begun, ended))

    def told(self) -> None:
        """Tell what the card has noted; waits until it has done all of it."""
        noted, self._noted = self._noted, []
        for stage, begun, ended in noted:
            ended.synchronize()
            self.meter.took(stage, begun.elapsed_time(ended) / 1000)

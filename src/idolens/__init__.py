"""idolens: a pair of eyes for a virtual-idol studio."""

from idolens.telemetry import switch_off

switch_off()  # before anything is imported that would tell its maker about this house

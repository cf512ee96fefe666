"""Draws scenes, trains and exports the embedded model; not shipped in the wheel."""

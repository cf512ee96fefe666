"""Benchmarks: one script a claim; see README.md."""

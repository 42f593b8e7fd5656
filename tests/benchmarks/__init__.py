"""Benchmarks print figures and ratios; none of them fails on a slow machine. `make bench` runs them all."""

"""Sums of usage as statements, each built once."""

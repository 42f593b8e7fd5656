"""Usage told by mail, at the beginning of each week or month, to whoever wants it."""

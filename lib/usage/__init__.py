"""Usage: what calls cost and how they went, by any range of time, exactly."""

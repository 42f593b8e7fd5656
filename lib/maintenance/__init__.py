"""What keeps an installation in order: its upgrade, for now."""

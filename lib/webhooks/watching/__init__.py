"""Whether anything of endpoints and deliveries has moved, for a page that follows."""

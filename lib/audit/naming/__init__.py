"""What the things are called that the trail is about, or were called last."""

"""The calls themselves, one by one: what is behind a bar."""

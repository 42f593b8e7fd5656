"""How the installation does: work that waits, connections, tables, indexes, slow statements. Its operator's to read."""

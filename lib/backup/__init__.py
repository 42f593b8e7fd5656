"""Backup and recovery of a whole installation: its database, and the files that operations wrote.

A backup is a folder. It is whole when it has its name: it is made under another one, which begins with a dot.

    backup-20261129T021500Z/
    ├── manifest.json     what it was made from, and the size and SHA-256 of each file beside it
    ├── database.dump     by pg_dump, of one moment
    ├── artifacts/        as in the data folder
    └── archives/         the same

The master key is in none of them. docs/backup.md is the handbook.
"""

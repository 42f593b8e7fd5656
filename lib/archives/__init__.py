"""Runs of a project that is done with, moved into a compressed file and back again.

A file is a zip, and known by its SHA-256: what comes back is what this installation has put there, to the byte.

    0198….zip
    ├── manifest.json                     what is in it: rows and checksum of each table, size and SHA-256 of each part
    ├── tables/orchestration_runs.jsonl   a row a line, with every column; so phase_executions and the others
    └── files/<run>/<operation>/<path>    what operations have written

`service` is what people do, `working` what a worker does about it. docs/archives.md is the handbook.
"""

"""Where long files lie that workers write: in the data folder, or in a bucket of S3.

Each kind of file has a `Shelves` of its own (`lib.archives.shelf`, `lib.export_jobs.shelf`).
"""

"""Saved views: what a person looks at on a page, kept under a name of theirs."""

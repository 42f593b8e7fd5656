"""What two pages use: one module a component, one `show_…` function or context manager a module.

Every `str` that a component takes is plain text and is escaped here; only a parameter called `markdown` is not.
"""

"""`python -m tests.checks`: what squawk says of the migrations' SQL, and what pgrls says and proves of the policies.

Silent when there is nothing to say. Every exception is named with its reason in `exceptions.py`; one that excuses
nothing any more is a finding too.
"""

"""The engine: walks runs. DBOS is the queue and the lease, `phase_executions` is the checkpoint.

A launched run lies in the queue (`queue.py`) as its two ids. A worker (`worker.py`) takes it and walks one *segment*
(`segment.py`): open it with a fresh token, begin the phases that are ready (`steps.py` decides, purely), call the model
with no transaction open (`attempt.py`), close them, and so on to the end or to where a person has to decide. Every
step is one call of a function of the database (`store.py`) and refused when another worker has taken the run since.
`lease.py` says that this worker lives and adopts the runs of those that do not.
"""

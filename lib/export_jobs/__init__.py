"""Long files that a person asks for and a worker writes beside everything else: of the audit trail, and of calls.

`service` is what people do, `working` what a worker does about it. The worker writes as the person who asked
(docs/decisions/0016), by the same use case as a file that is taken at once; so each has its entry in the trail, and so
has each time that somebody takes it along. A file is kept for a week, for whoever asked for it and nobody else.
"""

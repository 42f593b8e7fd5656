"""One module a kind of operation, each with its `KIND`; `lib.integrations.registry` finds them by their being here."""

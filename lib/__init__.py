"""AI Orchestrator: the application's code. Who may import whom stands in pyproject.toml and is checked."""

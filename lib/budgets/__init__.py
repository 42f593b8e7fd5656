"""Budgets: what an organization, a project or a person may spend, what they have, and who is told of it."""

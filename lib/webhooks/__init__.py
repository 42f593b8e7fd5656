"""Webhooks: endpoints of an organization, the events that they are told of, and how each is delivered."""

"""Bundles by their name on a hub, fetched when they are needed."""

"""Bundles on a hub: pushed, pulled."""

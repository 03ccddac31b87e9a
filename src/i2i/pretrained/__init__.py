"""Networks that others trained, and their weights: given by path, never fetched by themselves."""

"""Model cards as pages."""

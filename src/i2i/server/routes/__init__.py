"""What is served under which address; each module adds its part to the application."""

"""Training made visible: a page that reads run folders."""

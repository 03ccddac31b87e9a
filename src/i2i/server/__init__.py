"""The HTTP service and its page: bundles that translate for whoever asks."""

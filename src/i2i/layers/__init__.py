"""Parts that several networks share: norms, up-sampling, residual blocks, initialisation, test-time modes."""

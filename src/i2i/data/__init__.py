"""From files to batches: layouts, splits, the decoded store, order, augmentation and the loader."""

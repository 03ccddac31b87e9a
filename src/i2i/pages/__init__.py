"""What the pages of this project share: their look, what they take from others, how they are served."""

"""Python processes of our own, for what leaks, crashes or may hang: asked, watched and ended."""

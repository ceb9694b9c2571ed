"""Pages for people. Knows nothing of federation."""

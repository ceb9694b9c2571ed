"""Use cases: synchronous functions that run inside one write transaction that the caller opened."""

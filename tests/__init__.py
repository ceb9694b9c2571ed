"""Everything that checks Krets, and what `make test` is made of."""

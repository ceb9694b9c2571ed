"""Real nodes in processes of their own, spoken to over loopback HTTP and through the `krets` command."""

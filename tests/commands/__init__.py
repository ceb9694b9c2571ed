"""The `krets` command, mostly in this process; the demo and `serve` in processes of their own."""

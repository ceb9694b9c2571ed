"""The `krets` command, one module per noun: parse arguments, call one operation, print. No rules live here.

Command modules import at their top only what `--help` needs; what a command works with is imported inside it, because
a person waits for every import of every command.
"""

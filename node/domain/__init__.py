"""This node's policy as pure decisions over frozen values. No I/O, no clock, no randomness."""

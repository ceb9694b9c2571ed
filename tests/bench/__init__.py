"""Measurements: each is a ratio to what this machine can do at best, taken in the same run. Nothing is asserted.

    make bench

Absolute figures drift from run to run and from machine to machine; the ratios are what counts. Run it on a machine
that does nothing else.
"""

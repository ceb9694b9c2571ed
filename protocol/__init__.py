"""The Krets wire protocol: bytes and values in, values out.

Nothing here reads the clock, draws randomness, opens a file or a socket, or logs; time and nonces are arguments.
An organisation outside may use this package alone: it imports nothing of the node. Every error that is caused by
what another party sent descends from `protocol.errors.ProtocolError`; a ValueError or TypeError is the caller's bug.
"""

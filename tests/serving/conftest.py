"""A served node and its folder."""

from tests.federation.conftest import asker, asker_app, clock, network, template

__all__ = ["asker", "asker_app", "clock", "network", "template"]

"""A served node for pages."""

from tests.federation.conftest import asker, asker_app, clock, network, template

__all__ = ["asker", "asker_app", "clock", "network", "template"]

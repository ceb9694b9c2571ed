"""The running node: one organisation, one domain, one data folder."""

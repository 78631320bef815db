"""Peers that the tests script."""

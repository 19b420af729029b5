"""Cupbearer: an auth server that you own and that costs nothing while nobody logs in."""

VERSION = "0.1.0"

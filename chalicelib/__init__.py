"""Cupbearer: an auth server that you own."""

VERSION = "0.1.0"

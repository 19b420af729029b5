"""Samples: customers of the guard, nothing more. Read them to see how a route of your own looks."""

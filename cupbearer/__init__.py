"""The command line, the local server and the pytest plugin; never shipped to Lambda."""

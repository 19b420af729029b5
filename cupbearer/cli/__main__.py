"""``python -m cupbearer.cli``: the command line where its script is not installed."""

from cupbearer.cli import main

main()

"""How long tests wait for what is sure to come.

Nothing is judged by it: a machine that is busy with something else may take this long, and a test that waits in vain
still ends.
"""

SECONDS = 300
PAGE_MILLISECONDS = 120_000  # for what a page in a browser is sure to show

"""Figures of the design's section 8, measured: ``make bench``, or ``python -m bench --quick --only warm``."""

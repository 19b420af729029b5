"""What a load costs a month: a dated price table, what the bench measured, and the arithmetic between them."""

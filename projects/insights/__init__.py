"""What can be learnt from a selection of projects: sums, gaps and comparisons. Reads rows, knows no requests, no HTML.

Whoever computes says how many projects the result rests on; what is missing is counted, never guessed.
"""

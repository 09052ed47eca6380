"""Public records in formats for other programs: one serialiser of a project, everything else is made from it.

What is not published, and what a contact does not show, is never read here. Knows no requests.
"""

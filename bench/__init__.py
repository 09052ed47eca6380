"""How fast the portal is: many plausible projects, the production server, one table of ratios. `make bench`."""

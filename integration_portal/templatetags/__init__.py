"""What templates need of the wiring."""

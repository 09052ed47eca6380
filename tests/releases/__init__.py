"""Data as earlier releases have left them (R10), see test_migrations.py; write.py makes them with their own code."""

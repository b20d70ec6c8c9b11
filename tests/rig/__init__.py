"""What the tests stand on besides Python: real browsers and a real PostgreSQL."""

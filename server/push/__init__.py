"""Reminders: the sender and the loop that claims what is due."""

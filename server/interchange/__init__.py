"""What other systems read and write: files, calendars, records."""

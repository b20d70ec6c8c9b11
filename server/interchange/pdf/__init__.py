"""The report of a block as a PDF: what its page says, set on paper."""

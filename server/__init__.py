"""Block Diary: a pain diary after a diagnostic facet joint block."""

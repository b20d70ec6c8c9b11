"""Pure rules of the diary: no Flask, no SQL, no network, no clock."""

"""HTTP only: the phone API, the clinic pages, the built assets."""

"""The read-only FHIR API, for programs that a clinic gave a token."""

"""A block as FHIR R4 resources."""

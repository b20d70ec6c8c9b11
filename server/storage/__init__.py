"""Tables and queries; the caller owns the transaction."""

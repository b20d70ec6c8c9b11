"""What can be wrong with a request, in words that a person can act on."""


class DomainError(Exception):
    """A rule of the diary says no.

    `code` is stable and for machines; the message is for people: what is wrong, what to do.
    """

    code = "refused"


class Invalid(DomainError):
    """A value does not fit; `path` says where, such as `entries[3].scores.left`."""

    code = "invalid"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.path = path
        self.problem = problem


class NotFound(DomainError):
    """Nothing of that name exists here, or it belongs to someone else."""

    code = "not_found"


class Conflict(DomainError):
    """Something else stands in its place already; both are kept until a person decides."""

    code = "conflict"

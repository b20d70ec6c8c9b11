"""What can be wrong with a request, in words that a person can act on."""


class DomainError(Exception):
    """A rule of the diary says no.

    `code` is stable and for machines; the message is for people: what is wrong, what to do. Where a
    patient may read it in another language, its {values} are given apart from its words.
    """

    code = "refused"

    def __init__(self, words: str = "", **values: object) -> None:
        super().__init__(words.format_map(values) if values else words)
        self.words = words
        self.values = values


class Invalid(DomainError):
    """A value does not fit; `path` says where, such as `entries[3].scores.left`."""

    code = "invalid"

    def __init__(self, path: str, problem: str, **values: object) -> None:
        super().__init__(problem, **values)
        self.path = path
        self.problem = problem.format_map(values) if values else problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem


class NotFound(DomainError):
    """Nothing of that name exists here, or it belongs to someone else."""

    code = "not_found"


class Conflict(DomainError):
    """Something else stands in its place already; both are kept until a person decides."""

    code = "conflict"

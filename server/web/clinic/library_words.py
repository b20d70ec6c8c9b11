"""What the form and sign-in libraries say by themselves: their own English, said by `speech.said`."""

from server.web.speech import N

WORDS = (
    N("Not a valid choice."),
    N("Not a valid integer value."),
    N("Not a valid date value."),
    N("Not a valid time value."),
    N("Invalid Choice: could not coerce."),
    N("Invalid choice(s): one or more data inputs could not be coerced."),
    N("This field is required."),
    N("Email not provided"),
    N("Password not provided"),
    N("Invalid email address"),
)

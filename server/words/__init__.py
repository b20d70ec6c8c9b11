"""The words that patients read, in every language: gettext catalogues whose source is English.

`LANGUAGE/LC_MESSAGES/patient.po` holds all that a patient reads: on the phone, in a push message, on
the printed sheet. What staff read will be a domain of its own, `clinic.po`, beside it: another
reader, another reviewer, another way to deliver it. `make words` brings both up to date.
"""

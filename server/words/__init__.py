"""The words that people read, in every language: gettext catalogues whose source is English.

`LANGUAGE/LC_MESSAGES/patient.po` holds all that a patient reads: on the phone, in a push message, on
the printed sheet. `clinic.po` beside it holds what staff read on the clinic's pages: another reader,
another reviewer, another way to deliver it. `make words` brings both up to date.
"""

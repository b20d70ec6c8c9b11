"""Sends a reminder by e-mail, one message in one conversation. The only place that knows SMTP.

Unlike a push service a mail server may have taken a message although its last word was lost; it
is then sent again under the same Message-ID, by which most mailboxes show it once.
"""

import asyncio
import logging
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from uuid import UUID

import aiosmtplib

from server.config import Smtp
from server.domain.email import SmtpReply, SmtpStep, judge
from server.domain.reminders import Fate, Judgement
from server.storage.email_reminders import Mailbox
from server.words.catalogues import t

#: For the whole conversation, from the connection to the server's last word.
TIMEOUT_SECONDS = 20.0

# At DEBUG it could write addresses and what was said.
logging.getLogger("aiosmtplib").setLevel(logging.INFO)


@dataclass(frozen=True)
class EmailReminder:
    """One reminder for one mailbox."""

    mailbox: Mailbox = field(repr=False)
    delivery_id: UUID  #: names the message: the same when it is sent again
    language: str  #: the patient's


class Mailer:
    """Speaks to one mail server in the name of this installation. Safe to share by threads."""

    def __init__(
        self, smtp: Smtp, public_url: str, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._smtp = smtp
        self._public_url = public_url
        self._timeout_seconds = timeout_seconds

    def send(self, reminder: EmailReminder, now: datetime) -> Judgement:
        """Hand one e-mail to the mail server and say what became of it, whatever that was."""
        message = email_message(reminder, self._smtp.sender, self._public_url, now)
        return asyncio.run(self._within_time(self._converse(message, reminder.mailbox.address)))

    async def _within_time(self, conversation: Coroutine[None, None, Judgement]) -> Judgement:
        try:
            return await asyncio.wait_for(conversation, self._timeout_seconds)
        except TimeoutError:
            return Judgement(Fate.RETRY, "timed_out")
        except ssl.SSLError:
            return Judgement(Fate.REFUSED, "certificate")
        except aiosmtplib.SMTPResponseException as error:
            return judge(SmtpReply(_step(error), error.code, error.message))
        except aiosmtplib.SMTPRecipientsRefused as refused:
            (only,) = refused.recipients
            return judge(SmtpReply("recipient", only.code, only.message))
        except (aiosmtplib.SMTPException, OSError) as error:
            if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
                return Judgement(Fate.REFUSED, "certificate")
            return Judgement(Fate.RETRY, "unreachable")

    async def _converse(self, message: EmailMessage, address: str) -> Judgement:
        smtp = self._smtp
        client = aiosmtplib.SMTP(
            hostname=smtp.host,
            port=smtp.port,
            # Not this host's name, which the message would carry.
            local_hostname=smtp.sender.rpartition("@")[2],
            use_tls=smtp.tls == "tls",
            start_tls=False,
            timeout=self._timeout_seconds,
        )
        try:
            await client.connect()
            if smtp.tls == "starttls":
                await client.ehlo()
                if not client.supports_extension("starttls"):
                    return Judgement(Fate.REFUSED, "no_tls")
                await client.starttls()
            if smtp.user is not None and smtp.password is not None:
                await client.ehlo()
                if not client.supported_auth_methods:
                    return Judgement(Fate.REFUSED, "sign_in_refused")
                await client.login(smtp.user, smtp.password)
            await client.send_message(message, sender=smtp.sender, recipients=[address])
            # Taken: whatever happens to the goodbye, it must not be sent again.
            return Judgement(Fate.ACCEPTED)
        finally:
            _hang_up(client)


def email_message(
    reminder: EmailReminder, sender: str, public_url: str, now: datetime
) -> EmailMessage:
    """The words of the push, where to answer, and how to stop these e-mails.

    The link to the diary names nobody. The other carries its token behind `#`, which browsers
    keep to themselves, and opens a page with a button: no preview and no scanner presses it.
    """
    stop = f"{public_url}/stop#{reminder.mailbox.stop_token}"
    title = t(reminder.language, "Diary")
    body = t(reminder.language, "Time for your entry.")
    stopping = t(reminder.language, "Stop these e-mails: {address}", {"address": stop})
    text = f"{body}\n\n{public_url}/\n\n\n{stopping}\n"
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = Address(title, addr_spec=sender)
    message["To"] = Address(addr_spec=reminder.mailbox.address)
    message["Subject"] = title
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{reminder.delivery_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{stop}>"
    message.set_content(text, cte="7bit" if text.isascii() else "quoted-printable")
    return message


def _hang_up(client: aiosmtplib.SMTP) -> None:
    """Close the connection at once: the loop ends, and would not wait for TLS's goodbye."""
    transport = client.transport
    client.close()
    if isinstance(transport, asyncio.Transport):
        transport.abort()


def _step(error: aiosmtplib.SMTPResponseException) -> SmtpStep:
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return "sign_in"
        case aiosmtplib.SMTPSenderRefused():
            return "sender"
        case aiosmtplib.SMTPRecipientRefused():
            return "recipient"
        case aiosmtplib.SMTPDataError():
            return "message"
        case _:
            return "connect"

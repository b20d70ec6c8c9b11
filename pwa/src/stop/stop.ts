/**
 * The page behind the link in every e-mail reminder: stops them when its button is pressed. The
 * link's token stands behind `#`, so that it is in no request but this one's body.
 */
const PATIENCE_MS = 15_000;
const AGAIN = 'This did not reach the server, so the e-mails go on. Check your connection and press the button again.';

const button = document.querySelector<HTMLButtonElement>('[data-stop]');
const said = document.querySelector<HTMLElement>('[data-said]');

button?.addEventListener('click', () => {
  button.disabled = true;
  void stop(location.hash.slice(1)).then(({ stopped, words }) => {
    button.disabled = false;
    button.hidden = stopped;
    if (said) said.textContent = words;
  });
});

async function stop(token: string): Promise<{ stopped: boolean; words: string }> {
  try {
    const answer = await fetch('/api/phone/stop-emails', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.ok) return { stopped: true, words: 'Done. You get no more of these e-mails.' };
    if (answer.status !== 422) return { stopped: false, words: AGAIN };
    const { error } = (await answer.json()) as { error: { message: string } };
    return { stopped: false, words: error.message };
  } catch {
    return { stopped: false, words: AGAIN };
  }
}

export {}; // a module, so that its names are its own

/**
 * The page behind the link in every e-mail reminder: stops them when its button is pressed. The
 * link's token stands behind `#`, so that it is in no request but this one's body.
 */
const PATIENCE_MS = 15_000;

const button = document.querySelector<HTMLButtonElement>('[data-stop]');
const title = document.querySelector('h1');
const said = document.querySelector<HTMLElement>('[data-said]');
/** What the page may have to say, in its language. */
const { stopped = '', done = '', again = '' } = said?.dataset ?? {};

button?.addEventListener('click', () => {
  button.disabled = true;
  void stop(location.hash.slice(1)).then((refused) => {
    button.disabled = false;
    if (refused === null) {
      button.remove();
      if (title) title.textContent = stopped;
    }
    if (said) said.textContent = refused ?? done;
  });
});

/** Null once they are stopped; else why not, and what to do. */
async function stop(token: string): Promise<string | null> {
  try {
    const answer = await fetch('/api/phone/stop-emails', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.ok) return null;
    if (answer.status !== 422) return again;
    const { error } = (await answer.json()) as { error: { message: string } };
    return error.message;
  } catch {
    return again;
  }
}

export {}; // a module, so that its names are its own

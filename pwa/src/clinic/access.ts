/**
 * What signing in cannot do without a script: move a link's secret from behind the # into its form,
 * and let the device's passkeys answer. Without it the secret is pasted, and a password still works.
 */
export {};

const join = document.querySelector<HTMLFormElement>('form[data-join]');
const token = join?.querySelector<HTMLInputElement>('input[name="token"]');
takeSecret();
addEventListener('hashchange', takeSecret); // a newer link in this tab loads no page

function takeSecret(): void {
  const secret = location.hash.slice(1);
  if (!token || !secret) return;
  token.value = secret;
  join?.querySelector<HTMLInputElement>('input[name="password"]')?.focus();
  history.replaceState(null, '', location.pathname); // not to be seen over a shoulder, nor kept
}

if ('PublicKeyCredential' in window && 'parseCreationOptionsFromJSON' in PublicKeyCredential) {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-passkey]')) {
    form.hidden = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void answer(form);
    });
  }
}

/** Let the device sign what the server asks, then send the form with it. */
async function answer(form: HTMLFormElement): Promise<void> {
  const said = form.querySelector<HTMLElement>('[data-passkey-failed]');
  if (said) said.textContent = '';
  try {
    const asked = await fetch(form.dataset['options'] ?? '', {
      method: 'POST',
      body: new FormData(form),
      signal: AbortSignal.timeout(15_000),
    });
    if (!asked.ok) throw new Error(String(asked.status));
    const options = await asked.json();
    const made =
      form.dataset['passkey'] === 'create'
        ? await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
          })
        : await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
          });
    const field = form.querySelector<HTMLInputElement>('input[name="credential"]');
    if (!field || !made) throw new Error('nothing was made');
    field.value = JSON.stringify((made as PublicKeyCredential).toJSON());
    form.submit();
  } catch {
    if (said) said.textContent = said.dataset['passkeyFailed'] ?? '';
  }
}

/** This browser's push subscription, kept the same here and at the clinic. */
import type { Api } from './api';

/** Where its push service cannot be reached, a browser may never say so. */
const LONGEST_WAIT_MILLISECONDS = 20_000;

/** Whether the browser is subscribed with the server's key. */
export async function isSubscribed(manager: PushManager, vapidKey: string): Promise<boolean> {
  const found = await manager.getSubscription();
  return found !== null && hasKey(found, bytes(vapidKey));
}

/**
 * Subscribes, unless it is already, and tells the server. Firefox and Safari want the first time to
 * come from a button.
 *
 * @param vapidKey base64url, as the clinic sent it
 * @throws DOMException the browser or its push service would not; a TimeoutError: no answer came
 * @throws ApiFailure
 */
export async function subscribe(
  manager: PushManager,
  vapidKey: string,
  api: Pick<Api, 'subscribe'>,
): Promise<void> {
  const key = bytes(vapidKey);
  let subscription = await manager.getSubscription();
  if (subscription && !hasKey(subscription, key)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await new Promise<PushSubscription>((resolve, reject) => {
    const noAnswer = new DOMException('', 'TimeoutError');
    const late = setTimeout(reject, LONGEST_WAIT_MILLISECONDS, noAnswer);
    manager
      .subscribe({ userVisibleOnly: true, applicationServerKey: key })
      .then(resolve, reject)
      .finally(() => clearTimeout(late));
  });
  await api.subscribe(subscription.toJSON());
}

function hasKey(subscription: PushSubscription, key: Uint8Array): boolean {
  const used = subscription.options.applicationServerKey;
  // An old browser does not say which key it uses: believe it.
  if (!used) return true;
  const found = new Uint8Array(used);
  return found.length === key.length && found.every((byte, index) => byte === key[index]);
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

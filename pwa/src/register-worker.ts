/** Start the service worker. Under Trusted Types its address must come from a named policy. */
export async function registerWorker(): Promise<ServiceWorkerRegistration | undefined> {
  const url = '/sw.js';
  // TypeScript's DOM library knows no Trusted Types, and older browsers have none.
  const factory = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  const policy = factory?.createPolicy('block-diary', { createScriptURL: () => url });
  return navigator.serviceWorker?.register((policy?.createScriptURL(url) ?? url) as string);
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL: (url: string) => unknown };
}

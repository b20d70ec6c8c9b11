import { signal } from '@preact/signals';

/** Chromium's offer to install; TypeScript's DOM does not know it. */
interface InstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
  userChoice: Promise<{ outcome: 'accepted' | 'dismissed' }>;
}

/** The browser's own offer, kept until its button is pressed; null where there is none. */
export const installPrompt = signal<InstallPromptEvent | null>(null);

addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  installPrompt.value = event as InstallPromptEvent;
});
addEventListener('appinstalled', () => {
  installPrompt.value = null;
});

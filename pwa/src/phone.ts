import type { Move } from './domain/browser';
import type { Reminders } from './reminders';
import type { LanguageName } from './state';
import type { DiaryStore } from './store/diary-store';
import type { SecondCopy } from './store/second-copy';
import type { Api } from './sync/api';

/** What the diary needs of the phone it runs on. */
export interface Phone {
  store: DiaryStore;
  /** Of what waits in the store. */
  copy: SecondCopy;
  api: Api;
  reminders: Reminders;
  /** Epoch milliseconds. */
  clock: () => number;
  zone: () => string;
  /** Which scale is shown, on what size of screen. */
  layout: () => string;
  appVersion: string;
  /** An installed app: the clinic may know it although its store is empty. */
  isInstalled: boolean;
  /** What has to be done before anything is recorded here. */
  move: Move;
  /** Every language there is. */
  languages: readonly LanguageName[];
  /** Speaks it from now on; null: as the last time, or as the browser. */
  speak: (language: string | null) => Promise<void>;
  /** Asks the browser to sync without the page, where it can. */
  syncInBackground: () => void;
  /** Asks the browser not to clear the store; null if it cannot say. */
  persist: () => Promise<boolean | null>;
  answering: (unsaved: boolean) => void;
}

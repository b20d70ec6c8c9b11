/** The catalogue of words that the phone speaks now. The sources' English needs none. */
import { computed, signal } from '@preact/signals';

export interface Catalogue {
  /** As in a page's `lang`. */
  language: string;
  dir: 'ltr' | 'rtl';
  /** Which way the scale from 0 to 10 runs, as it was validated in this language. */
  scale: 'ltr' | 'rtl';
  /** Whether clinicians have checked the words. */
  reviewed: boolean;
  /** Which plural each form of a counted message is for, in the order of the forms. */
  plurals: readonly string[];
  /** By a message's number in the built script, by its English text where it is not built. */
  words: Record<string, string | readonly string[]>;
}

export const ENGLISH: Catalogue = {
  language: 'en', dir: 'ltr', scale: 'ltr', reviewed: true, plurals: ['one', 'other'], words: {},
};

export const catalogue = signal(ENGLISH);

/** As in a page's `lang`. */
export const language = computed(() => catalogue.value.language);

/** Speaks the wanted language: English lies in the page, the others in files of their own. */
import { catalogue, ENGLISH, type Catalogue } from './i18n';
import type { LanguageName } from './state';

/** first/first.ts looks for it too. */
const KEY = 'language';

/** What the build writes into the page, as the text of #words. */
interface PageWords {
  /** English first; `url` is null for English, whose words are here. */
  languages: (LanguageName & { url: string | null })[];
  words: Catalogue['words'];
}

export interface Speaking {
  /** Every language of this build. */
  languages: LanguageName[];
  /**
   * From now on speaks the wanted language, or, if null, the one of the last time or of the browser.
   * Without a network and a worker the words may be missing: then it goes on as before.
   */
  speak(wanted: string | null): Promise<void>;
}

/**
 * @param text of #words; null on a page without it
 * @param preferred the browser's languages, such as "fr-CA", the best first
 */
export function speaking(
  text: string | null,
  preferred: readonly string[],
  load: (url: string) => Promise<Catalogue>,
): Speaking {
  const { languages, words }: PageWords = text === null ? { languages: [], words: {} } : JSON.parse(text);
  const english = { ...ENGLISH, words };
  catalogue.value = english;
  const find = (code: string | null | undefined) => languages.find((one) => one.code === code);
  const usual = () =>
    find(lastTime()) ??
    preferred.map((code) => find(code.split('-')[0]?.toLowerCase())).find(Boolean);
  let latest = '';
  return {
    languages,
    async speak(wanted) {
      const chosen = find(wanted) ?? usual();
      if (!chosen) return;
      latest = chosen.code;
      if (chosen.code !== catalogue.value.language) {
        const loaded = chosen.url === null ? english : await load(chosen.url).catch(() => null);
        if (loaded === null || latest !== chosen.code) return;
        catalogue.value = loaded;
      }
      remember(chosen.code);
    },
  };
}

function lastTime(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // forbidden; the app must not stay blank for that
  }
}

/** Where the next start begins, before the store is open. */
function remember(code: string): void {
  try {
    localStorage.setItem(KEY, code);
  } catch {
    // forbidden or full: the store says it a moment later
  }
}

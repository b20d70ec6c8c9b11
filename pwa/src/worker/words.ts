/**
 * The few words that the worker may have to say by itself. The build writes them into its script in
 * every language: a notification cannot wait for a catalogue.
 */
declare const WORKER_TRANSLATIONS: Record<string, Record<string, string>>;

const TRANSLATED = typeof WORKER_TRANSLATIONS === 'undefined' ? {} : WORKER_TRANSLATIONS;

/** @param language as in a page's `lang`; one that is unknown is English */
export function workerWords(language: string) {
  const t = (message: string): string => TRANSLATED[language]?.[message] ?? message;
  return {
    title: t('Diary'),
    body: t('Time for your entry.'),
    answered: t('Already answered, nothing to do.'),
    later: t('In 10 minutes'),
    notPutOff: t('This could not be put off. Open the diary when you can.'),
  };
}

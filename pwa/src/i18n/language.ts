/** The language of the words; also the page's `lang`. */
export const language = 'en';

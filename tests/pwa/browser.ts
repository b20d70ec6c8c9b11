/** What the app's words need of a browser and older Node has not. Imported before the app. */
if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { language: 'en-GB' } });

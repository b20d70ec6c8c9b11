/** Stands for fake-indexeddb in a page, which has a real one. */

/** The browser closes a connection by itself. */
export function forceCloseDatabase(database: IDBDatabase): void {
  database.close();
  database.dispatchEvent(new Event('close'));
}

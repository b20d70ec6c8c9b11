/**
 * The one way to IndexedDB: short transactions that are on disk when they resolve.
 *
 * WebKit kills connections and lets requests hang while an app is in the background. So everything
 * has a time limit, after which the connection is dropped and all is tried again; whoever writes
 * must therefore not mind being run twice.
 */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb';

const VERSION = 1;

export type StoreFailureCode = 'full' | 'busy' | 'newer' | 'unavailable';

/** The store could not do it. Nothing was recorded, unless it was before. */
export class StoreFailure extends Error {
  constructor(
    readonly code: StoreFailureCode,
    cause: unknown,
  ) {
    super(`the store is ${code}`, { cause });
    this.name = 'StoreFailure';
  }
}

export interface Limits {
  timeoutMilliseconds: number;
  tries: number;
}

export type Upgrade<S extends DBSchema> = (database: IDBPDatabase<S>, oldVersion: number) => void;
export type Mode = 'readonly' | 'readwrite';
export type Transaction<S extends DBSchema, M extends Mode> = IDBPTransaction<S, StoreNames<S>[], M>;

export class Database<S extends DBSchema> {
  #connection: Promise<IDBPDatabase<S>> | null = null;

  constructor(
    private readonly name: string,
    private readonly upgrade: Upgrade<S>,
    private readonly limits: Limits = { timeoutMilliseconds: 2500, tries: 3 },
  ) {}

  /**
   * Runs one transaction over all stores.
   *
   * @param work uses nothing but the transaction; it may run more than once
   * @throws StoreFailure the browser's store would not, after all tries
   * @throws whatever `work` throws itself; nothing is written then
   */
  async run<M extends Mode, T>(
    mode: M,
    work: (transaction: Transaction<S, M>) => Promise<T>,
  ): Promise<T> {
    let failure: unknown;
    for (let attempt = 0; attempt < this.limits.tries; attempt += 1) {
      try {
        return await this.#once(mode, work);
      } catch (error) {
        if (!isOfStore(error)) throw error;
        if (error.name === 'QuotaExceededError') throw new StoreFailure('full', error);
        failure = error;
        this.#drop();
      }
    }
    throw failure instanceof StoreFailure ? failure : new StoreFailure('unavailable', failure);
  }

  close(): void {
    this.#drop();
  }

  async #once<M extends Mode, T>(
    mode: M,
    work: (transaction: Transaction<S, M>) => Promise<T>,
  ): Promise<T> {
    let transaction: Transaction<S, M> | null = null;
    const attempt = (async () => {
      const database = await this.#open();
      transaction = database.transaction([...database.objectStoreNames], mode, {
        durability: 'strict',
      });
      const done = transaction.done;
      done.catch(() => {}); // it is awaited below, unless `work` fails first
      try {
        const result = await work(transaction);
        await done;
        return result;
      } catch (error) {
        throw transaction.error ?? error; // why it aborted says more than that it did
      }
    })();
    try {
      return await this.#inTime(attempt);
    } catch (error) {
      abort(transaction);
      throw error;
    }
  }

  #inTime<T>(attempt: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new StoreFailure('busy', 'timeout')),
        this.limits.timeoutMilliseconds,
      );
      attempt.then(resolve, reject).finally(() => clearTimeout(late));
    });
  }

  #open(): Promise<IDBPDatabase<S>> {
    this.#connection ??= this.#connect(VERSION).catch((error: unknown) => {
      this.#connection = null;
      throw error;
    });
    return this.#connection;
  }

  async #connect(version: number | undefined): Promise<IDBPDatabase<S>> {
    const forget = (): void => {
      this.#connection = null;
    };
    const opening = openDB<S>(this.name, version, {
      upgrade: (database, oldVersion) => this.upgrade(database, oldVersion),
      // Another window wants to upgrade the store: it must not wait for this one.
      blocking: () => this.#drop(),
      terminated: forget,
    });
    try {
      const database = await opening;
      if (database.version > VERSION + 1) {
        database.close();
        throw new StoreFailure('newer', `version ${database.version}`);
      }
      return database;
    } catch (error) {
      // A newer app was here. One version ahead keeps what this one needs.
      if (version !== undefined && isOfStore(error) && error.name === 'VersionError') {
        return this.#connect(undefined);
      }
      throw error;
    }
  }

  #drop(): void {
    this.#connection?.then((database) => database.close()).catch(() => {});
    this.#connection = null;
  }
}

function isOfStore(error: unknown): error is DOMException | StoreFailure {
  return error instanceof StoreFailure || error instanceof DOMException;
}

function abort(transaction: { abort(): void } | null): void {
  try {
    transaction?.abort();
  } catch {
    // it is over already
  }
}

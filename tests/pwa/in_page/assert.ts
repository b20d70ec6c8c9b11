/** Stands for node:assert/strict in a page, as far as the suites that run there use it. */
type Wanted = (new (...given: never[]) => Error) | Record<string, unknown>;

function fail(why: string): never {
  throw new Error(why);
}

function ok(value: unknown, why = 'is not true'): asserts value {
  if (!value) fail(why);
}

function equal(actual: unknown, expected: unknown, why = ''): void {
  if (!Object.is(actual, expected)) fail(`${text(actual)} is not ${text(expected)} ${why}`);
}

function deepEqual(actual: unknown, expected: unknown, why = ''): void {
  if (text(actual) !== text(expected)) fail(`${text(actual)} is not ${text(expected)} ${why}`);
}

async function rejects(promise: Promise<unknown>, wanted: Wanted): Promise<void> {
  const error: unknown = await promise.then(() => fail('it did not reject'), (reason: unknown) => reason);
  if (typeof wanted === 'function') return ok(error instanceof wanted, `rejected with ${String(error)}`);
  for (const [name, value] of Object.entries(wanted)) {
    equal((error as Record<string, unknown>)[name], value, `is the error's ${name}`);
  }
}

/** The same for values that are the same, whatever the order of their names. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part === undefined) return 'undefined';
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

export default { deepEqual, equal, fail, ok, rejects };

/** Makes the browser's own store fail, as browsers do; the store under test is the real one. */
import 'fake-indexeddb/auto';

type Method = (this: never, ...given: never[]) => unknown;

const undo: (() => void)[] = [];

/** Replaces a method of a class until `restore`. */
export function replace<T extends object>(
  of: { prototype: T },
  name: keyof T,
  make: (original: Method) => Method,
): void {
  const owner = of.prototype as Record<keyof T, unknown>;
  const original = owner[name];
  owner[name] = make(original as Method);
  undo.push(() => {
    owner[name] = original;
  });
}

export function restore(): void {
  undo.splice(0).reverse().forEach((one) => one());
}

/** Fails the first `times` uses of a method, then lets it be. */
export function failing(times: number, fault: (original: Method) => Method) {
  return (original: Method): Method => {
    let left = times;
    const failed = fault(original);
    return function (this: never, ...given: never[]) {
      left -= 1;
      return (left >= 0 ? failed : original).apply(this, given);
    };
  };
}

export const throwing = (name: string) => (): Method => () => {
  throw new DOMException('fault', name);
};

/** Stands for node:test in a page: a suite's tests, run one after the other when the page is told to. */
type Step = () => void | Promise<void>;

const LONGEST_MILLISECONDS = 20_000;
const tests: { name: string; run: Step }[] = [];
const before: Step[] = [];
const after: Step[] = [];

export const test = (name: string, run: Step): void => void tests.push({ name, run });
export const beforeEach = (step: Step): void => void before.push(step);
export const afterEach = (step: Step): void => void after.push(step);

/** The tests that passed, by name; and of each that failed, its name and why. */
async function runSuite(): Promise<{ passed: string[]; failed: string[] }> {
  const passed: string[] = [];
  const failed: string[] = [];
  for (const { name, run } of tests) {
    try {
      await inTime(async () => {
        for (const step of before) await step();
        await run();
      });
      passed.push(name);
    } catch (error) {
      failed.push(`${name}: ${error instanceof Error ? `${error.message}\n${error.stack}` : String(error)}`);
    } finally {
      for (const step of after) await step();
    }
  }
  return { passed, failed };
}

function inTime(work: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('took too long')), LONGEST_MILLISECONDS);
    work().then(resolve, reject).finally(() => clearTimeout(late));
  });
}

Object.assign(globalThis, { runSuite });

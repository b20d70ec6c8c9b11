/** One answer is one entry, however often it is handed over until it is kept. */
import type { Rating } from './domain/stamps';
import type { DiaryEntryItem } from './wire';

/** A score that is tapped later than this after another is an answer of its own. */
const SAME_ANSWER_MILLISECONDS = 10 * 60_000;

export class HandedOver {
  #last: { rating: Rating; item: DiaryEntryItem; kept: boolean } | null = null;

  /**
   * @param make a new entry of a rating
   * @param giveUp an entry that could not be kept; false if it was after all, too late to say so
   */
  constructor(
    private readonly make: (rating: Rating) => DiaryEntryItem,
    private readonly giveUp: (id: string) => Promise<boolean>,
  ) {}

  /** The entry of a rating: the same for the same one; a changed one takes the place of another. */
  async itemOf(rating: Rating): Promise<DiaryEntryItem> {
    const last = this.#last;
    if (last && JSON.stringify(last.rating) === JSON.stringify(rating)) return last.item;
    const changes = last && !last.kept && isSameAnswer(last.rating, rating) ? last.item.id : null;
    const isKept = changes !== null && !(await this.giveUp(changes));
    const item = this.make(isKept ? { ...rating, replaces: changes } : rating);
    this.#last = { rating, item, kept: false };
    return item;
  }

  /** The entry is on disk. */
  kept(item: DiaryEntryItem): void {
    if (this.#last?.item === item) this.#last.kept = true;
  }
}

function isSameAnswer(one: Rating, other: Rating): boolean {
  return (
    one.kind === other.kind &&
    one.feltAt === other.feltAt &&
    one.replaces === other.replaces &&
    Math.abs(one.tappedAt - other.tappedAt) <= SAME_ANSWER_MILLISECONDS
  );
}

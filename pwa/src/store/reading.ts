/** What the kept items and facts say about a block. */
import { blockOf, currentBlock, type Block } from '../domain/block';
import { replacedIds } from '../domain/corrections';
import { due, isAnswered, type Due } from '../domain/due';
import type { Entry, KeptEntry } from '../domain/entry';
import type { Assessment } from '../domain/schedule';
import type { DiaryEntryItem, Item } from '../wire';
import type { Kept, KeptItem } from './kept';

/** The clinic and the check word; null while this phone is not linked. */
export function enrolmentOf(kept: Kept | null) {
  const known = kept?.facts.phone;
  if (!known) return null;
  const { clinic, check_word: checkWord } = known;
  return { clinicName: clinic.name, clinicTelephone: clinic.telephone, checkWord, clinic };
}

type KeptDiaryEntry = KeptItem & { item: DiaryEntryItem };

/** The block with this id, or the current one; null if there is none. By the true clock. */
export function blockFrom(kept: Kept, now: number, id?: string): Block | null {
  const blocks = kept.facts.phone?.blocks ?? [];
  const planned = id === undefined ? currentBlock(blocks, now) : blocks.find((one) => one.id === id);
  if (!planned) return null;
  const zone = waiting(kept, 'zone_followed').filter((item) => item.block_id === planned.id).at(-1);
  return blockOf(
    zone ? { ...planned, timezone: zone.timezone } : planned,
    waiting(kept, 'injection_done'),
  );
}

/** The items of one kind that the clinic does not have yet, oldest first. */
export function waiting<T extends Item['type']>(kept: Kept, type: T): Extract<Item, { type: T }>[] {
  return kept.items
    .filter(({ item, state }) => item.type === type && state === 'waiting')
    .map(({ item }) => item as Extract<Item, { type: T }>);
}

/** The entries of a block that count: all but those the clinic refused. */
export function countedEntries(kept: Kept, blockId: string): Entry[] {
  return ofBlock(kept, blockId)
    .filter(({ state }) => state !== 'rejected')
    .map(({ item }) => entryOf(item));
}

/** What is asked for now about a block, from what is kept; null without a block. */
export function dueFrom(kept: Kept, block: Block | null, now: number): Due | null {
  return block && due(block, countedEntries(kept, block.id), now);
}

/** From when to when no later reminder rings: as chosen here, as the clinic knows it, or as usual. */
export function quietHours(kept: Kept | null): [start: string, end: string] {
  const chosen = kept && waiting(kept, 'quiet_hours').at(-1);
  const known = kept?.facts.phone;
  return [
    chosen?.start ?? known?.quiet_start ?? '21:30',
    chosen?.end ?? known?.quiet_end ?? '07:30',
  ];
}

/** Whether the clinic lets its patients read this language; before it is known, all of them. */
export function isOffered(kept: Kept | null, language: string): boolean {
  return kept?.facts.phone?.languages?.includes(language) ?? true;
}

/** The assessments without an answer that counts, those that passed included. */
export function unanswered(kept: Kept, block: Block): Assessment[] {
  const counted = countedEntries(kept, block.id);
  return block.assessments.filter((one) => !isAnswered(one, counted));
}

/** All entries of a block, newest first, as views show them. */
export function keptEntries(kept: Kept, blockId: string): KeptEntry[] {
  const replaced = replacedIds(countedEntries(kept, blockId));
  return ofBlock(kept, blockId)
    .map((one) => keptEntry(one, replaced.has(one.id)))
    .sort((a, b) => Date.parse(b.entry.recorded_at) - Date.parse(a.entry.recorded_at));
}

export function keptEntry(kept: KeptDiaryEntry, replaced = false): KeptEntry {
  const { item, state, receivedAt, message } = kept;
  return {
    entry: entryOf(item),
    state: state === 'waiting' ? 'saved' : state,
    receivedAt,
    message,
    replaced,
  };
}

/** Every block that has entries, in the order planned, with them. */
export function wholeDiary(kept: Kept, now: number): { block: Block; entries: KeptEntry[] }[] {
  return (kept.facts.phone?.blocks ?? [])
    .map(({ id }) => ({ block: blockFrom(kept, now, id)!, entries: keptEntries(kept, id) }))
    .filter(({ entries }) => entries.length > 0);
}

/** What a person would miss if it were lost: entries and "my injection is done" not sent yet. */
export function unsent(kept: Kept): KeptItem[] {
  return kept.items.filter(({ item, state }) => state === 'waiting' && /^[di]/.test(item.type));
}

/** What would be lost with this phone: what waits, and what the clinic refused. */
export function onlyHere(kept: Kept): KeptItem[] {
  const refused = kept.items.filter(({ state }) => state === 'rejected');
  return [...unsent(kept), ...refused.filter(({ item }) => item.type !== 'reminder_shown')];
}

function ofBlock(kept: Kept, blockId: string): KeptDiaryEntry[] {
  return kept.items.filter(
    (one): one is KeptDiaryEntry =>
      one.item.type === 'diary_entry' && one.item.block_id === blockId,
  );
}

/** What an older version of the app kept lacks the newer fields. */
function entryOf({ type: _, ...entry }: DiaryEntryItem): Entry {
  return { ...entry, after_effects: entry.after_effects ?? [] };
}

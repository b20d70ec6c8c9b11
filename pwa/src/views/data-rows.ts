/** The diary as a table, for the patient's own file: every entry, corrected and taken back ones too. */
import { isWithdrawal } from '../domain/corrections';
import { digits, t } from '../i18n';
import type { Block, Entry, KeptEntry } from '../state';
import { withdrawnIds } from './entries';
import { activityNames, afterEffectNames, percentWords, scoreWords, siteName, stateWords } from './words';

export interface DataTable {
  head: string[];
  rows: string[][];
}

/** One block's entries in the order felt; times as the phone's clock and zone had them. */
export function dataTable(block: Block, entries: readonly KeptEntry[], now: number): DataTable {
  const withdrawn = withdrawnIds(entries);
  const sites = block.sites.map((site) => siteName(site) ?? t('Pain, 0 to 10'));
  const head = [
    t('Time'), t('Written'), t('Kind'), ...sites, t('Doing'), t('Extra pain medicine'),
    t('Relief as you put it'), t('Where the needle went in'), t('Note'), t('Answered by'),
    t('Counts'), t('Where it is'),
  ];
  const rows = entries
    .filter(({ entry }) => !isWithdrawal(entry))
    .sort((a, b) => Date.parse(a.entry.felt_at) - Date.parse(b.entry.felt_at))
    .map((kept) => {
      const { entry } = kept;
      return [
        stamp(entry.felt_at, entry),
        stamp(entry.recorded_at, entry),
        kind(entry),
        ...block.sites.map((site) => (entry.scores[site] === undefined ? '' : digits(entry.scores[site]))),
        activityNames(entry.activities),
        entry.rescue_at === null ? '' : stamp(entry.rescue_at, entry),
        entry.stated_percent === null ? '' : percentWords(entry.stated_percent),
        afterEffectNames(entry.after_effects),
        entry.note ?? '',
        entry.answered_by === 'helper' ? t('Someone else') : t('Patient'),
        countsWords(kept, withdrawn.has(entry.id)),
        stateWords(kept, now),
      ];
    });
  return { head, rows };
}

function countsWords({ state, replaced }: KeptEntry, isWithdrawn: boolean): string {
  if (state === 'rejected') return t('no, not taken');
  if (!replaced) return t('yes');
  return isWithdrawn ? t('no, taken back') : t('no, corrected');
}

function kind(entry: Entry): string {
  if (entry.kind === 'unable') return scoreWords(entry);
  if (entry.kind === 'baseline') return t('Before the injection');
  const late = Date.parse(entry.recorded_at) - Date.parse(entry.felt_at) > 5 * 60_000;
  return late ? t('From memory') : t('Rating');
}

/** "2026-03-02 10:00 +01:00": the same in every language, and what a spreadsheet sorts. */
function stamp(instant: string, { utc_offset_minutes: offset }: Entry): string {
  const local = new Date(Date.parse(instant) + offset * 60_000).toISOString();
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return `${local.slice(0, 10)} ${local.slice(11, 16)} ${offset < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`;
}

import { isWithdrawal } from '../domain/corrections';
import { t } from '../i18n';
import { useDiary, type KeptEntry } from '../state';
import { ButtonLink } from './button';
import { EntryRow } from './entry-row';
import { to } from './route';
import { Row } from './row';
import { Screen } from './screen';
import { SyncLine } from './sync-line';

/** All entries of this block, newest first; corrected and taken back ones stay, crossed out. */
export function Entries() {
  const { diary } = useDiary();
  const entries = diary.entries.value;
  const withdrawn = withdrawnIds(entries);
  const listed = entries.filter(({ entry }) => !isWithdrawal(entry));
  return (
    <Screen
      title={t('Your entries')}
      actions={
        diary.due.value?.step === 'rate' || diary.due.value?.step === 'later' ? (
          <ButtonLink look="secondary" href={to('rate')}>
            {t('Rate now')}
          </ButtonLink>
        ) : null
      }
    >
      <SyncLine />
      {diary.block.value?.performedAt ? (
        <nav class="rows" aria-label={t('More')}>
          <Row href={to('picture')}>{t('Your picture')}</Row>
        </nav>
      ) : null}
      {listed.length === 0 ? (
        <p>{t('None yet. Each answer you save is listed here.')}</p>
      ) : (
        <ol class="entries">
          {listed.map((kept) => (
            <li key={kept.entry.id}>
              <EntryRow kept={kept} now={diary.now.value} takenBack={withdrawn.has(kept.entry.id)} />
            </li>
          ))}
        </ol>
      )}
    </Screen>
  );
}

/** The entries that were taken back. */
export function withdrawnIds(entries: readonly KeptEntry[]): Set<string | null> {
  return new Set(entries.map(({ entry }) => (isWithdrawal(entry) ? entry.replaces : null)));
}

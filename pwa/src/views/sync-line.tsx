import { dayAndClock, t, tn } from '../i18n';
import { useDiary, type SyncStatus } from '../state';
import { Button } from './button';
import { Icon } from './icon';

/** Where the entries are, in words. Unsent is no alarm: they go by themselves. */
export function SyncLine({ unsentOnly = false }: { unsentOnly?: boolean }) {
  const { diary, actions } = useDiary();
  const sync = diary.sync.value;
  const words = syncWords(sync, diary.now.value);
  if (words === null || (unsentOnly && sync.unsent === 0)) return null;
  return (
    <div class="state">
      <Icon name={sync.unsent > 0 ? 'phone' : 'tick'} />
      <div>
        <p>{words}</p>
        {sync.unsent > 0 && diary.mayBeCleared.value ? (
          <p>
            {tn(
              'This browser may delete it, above all in a private window that you close. Keep the window open until it is sent.',
              'This browser may delete them, above all in a private window that you close. Keep the window open until they are sent.',
              sync.unsent,
            )}
          </p>
        ) : null}
        {sync.unsent > 0 && sync.phase === 'failed' ? (
          <Button look="plain" busyWords={t('Sending…')} onPress={() => actions.syncNow()}>
            {t('Send now')}
          </Button>
        ) : null}
      </div>
    </div>
  );
}

/** null while there is nothing to tell: no entry was ever made. */
export function syncWords(sync: SyncStatus, now: number): string | null {
  if (sync.unsent === 0) {
    return sync.lastSentAt === null
      ? null
      : t('Everything is at your clinic, {time}.', { time: dayAndClock(Date.parse(sync.lastSentAt), now) });
  }
  const waits =
    sync.unsentSince === null
      ? tn('{count} entry waits on this phone.', '{count} entries wait on this phone.', sync.unsent)
      : tn(
          '{count} entry waits on this phone, since {time}.',
          '{count} entries wait on this phone, since {time}.',
          sync.unsent,
          { time: dayAndClock(Date.parse(sync.unsentSince), now) },
        );
  const next: Record<SyncStatus['phase'], string> = {
    idle: tn('It goes to your clinic by itself.', 'They go to your clinic by themselves.', sync.unsent),
    syncing: t('Sending…'),
    offline: tn(
      'No internet now. It goes to your clinic by itself later.',
      'No internet now. They go to your clinic by themselves later.',
      sync.unsent,
    ),
    failed: t('Your clinic could not be reached. The phone will try again.'),
    not_enrolled: tn(
      'It goes when this phone is linked again.',
      'They go when this phone is linked again.',
      sync.unsent,
    ),
  };
  return `${waits} ${next[sync.phase]}`;
}

import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { useDiary } from '../state';
import { Button } from './button';
import { draftFor, useUnsaved } from './draft';
import { finish, NotSaved } from './rating-form';
import { Screen } from './screen';

/** Why there is no number now; recorded, and not an answer. */
export function Unable() {
  const { actions } = useDiary();
  const { note, answeredBy, afterEffects } = draftFor('now').value;
  useUnsaved(false); // nothing but what that draft holds
  const [failure, setFailure] = useState<string | null>(null);
  const save = async (unableReason: 'asleep' | 'cannot_rate') => {
    try {
      const kept = await actions.save({
        kind: 'unable',
        scores: {},
        tappedAt: Date.now(),
        feltAt: null,
        activities: [],
        rescueAt: null,
        note: note.trim() || null,
        statedPercent: null,
        answeredBy: unableReason === 'asleep' ? 'helper' : answeredBy,
        unableReason,
        replaces: null,
        afterEffects,
      });
      finish('now', kept);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Screen
      title={t('Why is no number possible now?')}
      actions={
        <>
          <Button look="secondary" busyWords={t('Saving…')} onPress={() => save('cannot_rate')}>
            {t('I cannot rate my pain now')}
          </Button>
          <Button look="secondary" busyWords={t('Saving…')} onPress={() => save('asleep')}>
            {t('The patient is asleep')}
          </Button>
        </>
      }
    >
      <p>{t('This tells your clinic why a number is missing. You can rate your pain at any later time.')}</p>
      {failure === null ? null : <NotSaved why={failure} />}
    </Screen>
  );
}

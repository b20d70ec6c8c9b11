import { t } from '../i18n';
import { useDiary } from '../state';
import { ButtonLink } from './button';
import { Cautions } from './cautions';
import { RemindersLine } from './reminders-line';
import { to } from './route';
import { Row } from './row';
import { Screen } from './screen';
import { SyncLine } from './sync-line';

/** The baseline is given; the diary waits for the injection and says what follows it. */
export function Waiting() {
  const { diary } = useDiary();
  return (
    <Screen
      above={t('Your first score is noted')}
      title={t('Waiting for your injection')}
      actions={<ButtonLink href={to('injection-done')}>{t('My injection is done')}</ButtonLink>}
    >
      <p>{t('Press the button when you have had it. After that:')}</p>
      <ul class="plain">
        <li>{t('The diary asks for your pain every hour at first, then once a day.')}</li>
        <li>{t('Do what usually brings on your pain, as far as your clinic allows: walk, stand, bend, do chores.')}</li>
        <li>{t('Relief may last only a few hours. That is expected, and worth noting.')}</li>
      </ul>
      <Cautions />
      <nav class="rows" aria-label={t('More')}>
        <Row href={to('baseline')}>{t('Rate your pain again before the injection')}</Row>
        <RemindersLine status={diary.reminders.value} />
      </nav>
      <SyncLine />
    </Screen>
  );
}

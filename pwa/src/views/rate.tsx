import { t } from '../i18n';
import { useDiary } from '../state';
import { Home } from './home';
import { RatingForm } from './rating-form';
import { RemindersLine } from './reminders-line';
import { afterInjection } from './words';

/** The question of the hour, in every language: the tested pain, not the needle's. */
export function testedPain(): string {
  return t('Rate the pain that your injection was meant to test, not soreness from the needle.');
}

/** A rating of now, whether asked for or not. */
export function Rate() {
  const { diary } = useDiary();
  const due = diary.due.value;
  if (due === null || due.step === 'baseline' || due.step === 'waiting') return <Home />;
  const asked = due.step === 'rate' ? due.assessment : null;
  return (
    <RatingForm
      purpose="now"
      kind="rating"
      above={asked ? afterInjection(asked, diary.block.value?.performedAt ?? null) : undefined}
      title={t('How strong is your pain now?')}
      question={testedPain()}
      feltAt={null}
      daily={asked?.daily ?? false}
      after={
        <nav class="rows" aria-label={t('More')}>
          <RemindersLine status={diary.reminders.value} />
        </nav>
      }
    />
  );
}

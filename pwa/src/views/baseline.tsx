import { t } from '../i18n';
import { useDiary } from '../state';
import { Home } from './home';
import { RatingForm } from './rating-form';
import { to } from './route';
import { Row } from './row';

/** The pain before the injection, while doing what usually hurts: what all later ratings are held against. */
export function Baseline() {
  const step = useDiary().diary.due.value?.step;
  if (step !== 'baseline' && step !== 'waiting') return <Home />;
  return (
    <RatingForm
      purpose="baseline"
      kind="baseline"
      above={t('Before your injection')}
      title={t('How strong is your pain now?')}
      question={t('First do what usually brings on your pain, if you safely can. Then rate the pain that your injection is meant to test.')}
      feltAt={null}
      after={
        <nav class="rows" aria-label={t('More')}>
          <Row href={to('injection-done')}>{t('I have had my injection already')}</Row>
        </nav>
      }
    />
  );
}

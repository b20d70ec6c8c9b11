import { t } from '../i18n';
import { useDiary } from '../state';
import { Home } from './home';
import { RatingForm } from './rating-form';
import { testedPain } from './rate';
import { painThenWords } from './words';

/** An hour that passed unanswered, added afterwards and marked so. */
export function Memory({ about }: { about: string | null }) {
  const { diary } = useDiary();
  const now = diary.now.value;
  const assessment = diary.block.value?.assessments.find(
    (one) => one.id === about && one.dueAt <= now,
  );
  if (!assessment) return <Home />;
  return (
    <RatingForm
      purpose={`memory ${assessment.id}`}
      kind="rating"
      above={t('From memory')}
      title={painThenWords(assessment.dueAt, now)}
      question={testedPain()}
      feltAt={assessment.dueAt}
      daily={assessment.daily}
    >
      <p class="quiet">{t('Your clinic sees that it is from memory.')}</p>
    </RatingForm>
  );
}

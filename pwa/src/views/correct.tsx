import { t } from '../i18n';
import { useDiary } from '../state';
import { Home } from './home';
import { RatingForm } from './rating-form';
import { testedPain } from './rate';
import { painThenWords, scoreWords } from './words';

/** A new entry in place of one of the patient's own; the old one stays visible. */
export function Correct({ about }: { about: string | null }) {
  const { diary } = useDiary();
  const kept = diary.entries.value.find(({ entry }) => entry.id === about);
  if (!kept || kept.replaced || kept.entry.kind === 'unable') return <Home />;
  const { entry } = kept;
  const feltAt = Date.parse(entry.felt_at);
  return (
    <RatingForm
      purpose={`correct ${entry.id}`}
      kind={entry.kind === 'baseline' ? 'baseline' : 'rating'}
      above={t('Correct an entry')}
      title={painThenWords(feltAt, diary.now.value)}
      question={testedPain()}
      feltAt={feltAt}
      corrects={entry}
    >
      <p class="quiet">
        {t('Your answer was: {score}. It stays in your list, crossed out.', { score: scoreWords(entry) })}
      </p>
    </RatingForm>
  );
}

import { t } from '../i18n';
import type { Draft } from './draft';
import { Icon } from './icon';
import { MedicineField } from './medicine-field';
import { to } from './route';
import { activities } from './words';

/** What may go with a score and never must: kept shut, so that a plain rating is two taps. */
export function MoreFields(props: {
  draft: Draft;
  opened: boolean;
  medicineProblem: string | null;
  /** A moment that is past cannot be answered with "asleep". */
  mayBeUnable: boolean;
  onChange: (change: Partial<Draft>) => void;
}) {
  const { draft, onChange } = props;
  const toggle = (id: string) =>
    draft.activities.includes(id)
      ? draft.activities.filter((one) => one !== id)
      : [...draft.activities, id];
  return (
    <details class="more" open={props.opened}>
      <summary>
        <Icon name="onward" />
        {t('Add more, if you like')}
      </summary>
      <fieldset class="field">
        <legend>{t('What were you doing?')}</legend>
        <div class="chips">
          {activities().map(([id, name]) => (
            <label key={id} class="chip">
              <input
                type="checkbox"
                checked={draft.activities.includes(id)}
                onChange={() => onChange({ activities: toggle(id) })}
              />
              <span>
                <Icon name="tick" />
                {name}
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <MedicineField
        question={t('I took pain medicine beyond my regular one')}
        draft={draft}
        problem={props.medicineProblem}
        onChange={onChange}
      />
      <label class="labelled field">
        {t('A note for your clinic')}
        <span class="hint">{t('Read later, not live. If you are worried, call your clinic.')}</span>
        <textarea
          rows={3}
          maxLength={1000}
          value={draft.note}
          onInput={(event) => onChange({ note: event.currentTarget.value })}
        />
      </label>
      <label class="check field">
        <input
          type="checkbox"
          checked={draft.answeredBy === 'helper'}
          onChange={(event) =>
            onChange({ answeredBy: event.currentTarget.checked ? 'helper' : 'patient' })
          }
        />
        <span>{t('Someone else is answering for the patient')}</span>
      </label>
      {props.mayBeUnable ? <a href={to('unable')}>{t('No number possible? Say why')}</a> : null}
    </details>
  );
}

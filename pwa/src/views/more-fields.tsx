import { t } from '../i18n';
import { AfterEffects } from './after-effects';
import { Cautions } from './cautions';
import { Chips } from './chips';
import type { Draft } from './draft';
import { Icon } from './icon';
import { MedicineField } from './medicine-field';
import { to } from './route';
import { activities, percentWords } from './words';

/** What may go with a score and never must: kept shut, so that a plain rating is two taps. */
export function MoreFields(props: {
  draft: Draft;
  opened: boolean;
  medicineProblem: string | null;
  /** A moment that is past cannot be answered with "asleep". */
  mayBeUnable: boolean;
  /** Unless they are asked already. */
  withAfterEffects: boolean;
  onChange: (change: Partial<Draft>) => void;
}) {
  const { draft, onChange } = props;
  return (
    <details class="more" open={props.opened}>
      <summary>
        <Icon name="onward" />
        {t('Add more, if you like')}
      </summary>
      <fieldset class="field">
        <legend>
          {t('What were you doing?')}
          <span class="hint">{t('A score tells most while you do what usually hurts, if you safely can.')}</span>
        </legend>
        <Chips
          of={activities()}
          chosen={draft.activities}
          onChange={(activities) => onChange({ activities })}
        />
        <Cautions />
      </fieldset>
      <MedicineField
        question={t('I took pain medicine beyond my regular one')}
        draft={draft}
        problem={props.medicineProblem}
        onChange={onChange}
      />
      <label class="labelled field">
        {t('Your own estimate: how much less pain than before the injection?')}
        <span class="hint">{t('Your clinic sees it beside your scores. It does not change them.')}</span>
        <select
          value={draft.statedPercent ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onChange({ statedPercent: value === '' ? null : Number(value) })
          }
        >
          <option value="">{t('Not said')}</option>
          {percents(draft.statedPercent).map((percent) => (
            <option key={percent} value={percent}>
              {percentWords(percent)}
            </option>
          ))}
        </select>
      </label>
      {props.withAfterEffects ? <AfterEffects draft={draft} onChange={onChange} /> : null}
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

/** Tens, and whatever a corrected entry says. */
function percents(said: number | null): number[] {
  const tens = Array.from({ length: 11 }, (_, ten) => ten * 10);
  return said === null || tens.includes(said) ? tens : [...tens, said].sort((a, b) => a - b);
}

import { t } from '../i18n';
import type { Draft } from './draft';

/** Pain medicine beyond the regular, and when: it can explain a score. */
export function MedicineField(props: {
  question: string;
  draft: Draft;
  problem: string | null;
  onChange: (change: Partial<Draft>) => void;
}) {
  const { draft, problem, onChange } = props;
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          checked={draft.tookMedicine}
          onChange={(event) => onChange({ tookMedicine: event.currentTarget.checked })}
        />
        <span>{props.question}</span>
      </label>
      {draft.tookMedicine ? (
        <label class="labelled">
          {t('When did you take it?')}
          <input
            type="time"
            value={draft.medicineClock}
            aria-invalid={problem !== null}
            aria-describedby={problem === null ? undefined : 'medicine-problem'}
            onInput={(event) => onChange({ medicineClock: event.currentTarget.value })}
          />
        </label>
      ) : null}
      {problem === null ? null : (
        <p class="problem" id="medicine-problem">
          {problem}
        </p>
      )}
    </div>
  );
}

import { t } from '../i18n';
import { useDiary } from '../state';
import { telephoneLink } from './call-clinic';
import { Chips } from './chips';
import type { Draft } from './draft';
import { to } from './route';
import { afterEffects } from './words';

/**
 * A place to tell of soreness, bleeding or signs of infection. The advice is the same whatever is
 * chosen, and stands there before: the diary does not judge.
 */
export function AfterEffects(props: { draft: Draft; onChange: (change: Partial<Draft>) => void }) {
  const telephone = useDiary().diary.enrolment.value?.clinicTelephone;
  return (
    <fieldset class="field">
      <legend>{t('Where the needle went in: anything to tell your clinic?')}</legend>
      <Chips
        of={afterEffects()}
        chosen={props.draft.afterEffects}
        onChange={(chosen) => props.onChange({ afterEffects: chosen })}
      />
      <p class="advice">
        {t('Nobody watches this live. Some soreness for a few days is normal. Call your clinic if you have a fever, spreading redness, fluid, or bleeding that does not stop.')}
      </p>
      <p class="links">
        {telephone ? <a href={telephoneLink(telephone)}>{t('Call {telephone}', { telephone })}</a> : null}
        <a href={to('help')}>{t('When to call')}</a>
      </p>
    </fieldset>
  );
}

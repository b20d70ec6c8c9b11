import { language, t } from '../i18n';
import { useDiary } from '../state';

/**
 * What goes with every word of encouragement to be active: the clinic's own words in the patient's
 * language where it has given some. Source: clinical facts, after the block.
 */
export function Cautions() {
  const { diary } = useDiary();
  const own = diary.block.value?.texts[language.value];
  return (
    <>
      {own?.instructions ? <p class="as-written">{own.instructions}</p> : null}
      <p class="quiet as-written">
        {own?.cautions ||
          t('Do not walk alone while a leg feels numb or weak. Rest while medicine makes you sleepy. Do not drive until your clinic says you may.')}
      </p>
    </>
  );
}

import { t } from '../i18n';

/** What goes with every word of encouragement to be active. Source: clinical facts, after the block. */
export function Cautions() {
  return (
    <p class="quiet">
      {t('Do not walk alone while a leg feels numb or weak. Rest while medicine makes you sleepy. Do not drive until your clinic says you may.')}
    </p>
  );
}

import { language, t } from '../i18n';
import { useDiary } from '../state';
import { NotReviewed } from './not-reviewed';
import { Screen } from './screen';

/** The languages that the clinic offers, each by its own name, since it may be the only one understood. */
export function Language() {
  const { diary, actions } = useDiary();
  return (
    <Screen title={t('Language')}>
      <fieldset class="choices">
        <legend class="unseen">{t('Language')}</legend>
        {diary.languages.value.map(({ code, name }) => (
          <label key={code} class="check" lang={code}>
            <input
              type="radio"
              name="language"
              checked={code === language.value}
              onChange={() => void actions.chooseLanguage(code)}
            />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
      <p class="quiet">{t('Reminders come in this language too.')}</p>
      <NotReviewed />
    </Screen>
  );
}

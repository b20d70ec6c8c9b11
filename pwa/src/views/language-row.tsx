import { t } from '../i18n';
import { useDiary } from '../state';
import { to } from './route';
import { Row } from './row';

/** The way to the other languages; where there is none to choose, nothing. */
export function LanguageRow() {
  const { diary } = useDiary();
  if (diary.languages.value.length < 2) return null;
  return (
    <nav class="rows" aria-label={t('Language')}>
      <Row href={to('language')}>
        <span>
          {t('Language')}
          <span class="hint">
            {diary.languages.value.map(({ code, name }, place) => (
              <span key={code}>
                {place > 0 ? ' · ' : null}
                <bdi lang={code}>{name}</bdi>
              </span>
            ))}
          </span>
        </span>
      </Row>
    </nav>
  );
}

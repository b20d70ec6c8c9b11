import { t } from '../i18n';
import { useDiary } from '../state';
import { ButtonLink } from './button';
import { Notice } from './notice';
import { to } from './route';
import { Row } from './row';
import { Screen } from './screen';
import { SyncLine } from './sync-line';

/** The last window has closed: whether everything reached the clinic, and what happens next. */
export function Complete() {
  const { diary } = useDiary();
  const waits = diary.sync.value.unsent > 0;
  return (
    <Screen
      title={t('Your diary is complete')}
      large
      actions={
        <>
          <ButtonLink look="plain" href={to('rate')}>
            {t('Rate now')}
          </ButtonLink>
          <ButtonLink href={to('entries')} look="secondary">
            {t('See your entries')}
          </ButtonLink>
        </>
      }
    >
      {waits ? (
        <Notice tone="attention">
          <p>{t('Some entries are still on this phone. Open the diary once where you have internet, and keep it until they are sent.')}</p>
        </Notice>
      ) : (
        <Notice tone="ok">
          <p>{t('Everything reached your clinic.')}</p>
        </Notice>
      )}
      <p>{t('No more reminders come. Your clinic reads your diary and talks with you about what it means and what comes next.')}</p>
      <SyncLine />
      <nav class="rows" aria-label={t('More')}>
        <Row href={to('picture')}>{t('Your picture')}</Row>
        <Row href={to('your-data')}>{t('Your data: keep or delete')}</Row>
      </nav>
    </Screen>
  );
}

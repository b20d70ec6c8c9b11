import { t, tn } from '../i18n';
import { useDiary } from '../state';
import { Button } from './button';
import { CallClinic } from './call-clinic';
import { Notice } from './notice';
import { Screen } from './screen';

/** The phone cannot keep entries: said plainly, so that nobody believes they were kept. */
export function StoreFailure() {
  const { diary } = useDiary();
  const copies = diary.copies.value;
  return (
    <Screen
      title={t('This phone cannot keep your diary now')}
      actions={<Button onPress={() => location.reload()}>{t('Try again')}</Button>}
    >
      <Notice tone="danger">
        <p>{diary.storeFailure.value}</p>
      </Notice>
      {copies === 0 ? null : (
        <p>
          {tn(
            '{count} entry waits in a second place on this phone. It goes to your clinic when there is internet.',
            '{count} entries wait in a second place on this phone. They go to your clinic when there is internet.',
            copies,
          )}
        </p>
      )}
      <ol class="steps">
        <li>{t('Close other windows of the diary.')}</li>
        <li>{t('Leave private browsing, if you use it.')}</li>
        <li>{t('Free some space on the phone.')}</li>
        <li>{t('If it still fails, write your scores and their times on paper and call your clinic.')}</li>
      </ol>
      <CallClinic />
    </Screen>
  );
}

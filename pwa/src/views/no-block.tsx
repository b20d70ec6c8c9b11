import { t } from '../i18n';
import { useDiary } from '../state';
import { CallClinic } from './call-clinic';
import { Screen } from './screen';
import { SyncLine } from './sync-line';

/** Linked, but there is no injection to keep a diary about. */
export function NoBlock() {
  const { diary } = useDiary();
  const cancelled = diary.block.value?.cancelled === true;
  return (
    <Screen
      title={cancelled ? t('This injection was cancelled') : t('Nothing to do yet')}
      actions={<CallClinic />}
    >
      <p>
        {cancelled
          ? t('Your clinic cancelled it, so the diary asks nothing. If that surprises you, call your clinic.')
          : t('Your clinic has not planned your injection in the diary yet. The diary asks by itself when it is there.')}
      </p>
      <SyncLine />
    </Screen>
  );
}

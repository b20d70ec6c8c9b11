import { t } from '../i18n';
import { Button } from './button';
import { CallClinic } from './call-clinic';
import { Screen } from './screen';

/** A part of the app that this phone does not hold and could not fetch; to rate needs none of it. */
export function NotHere() {
  return (
    <Screen
      title={t('This page could not be opened')}
      actions={<Button onPress={() => location.reload()}>{t('Try again')}</Button>}
    >
      <p>{t('You can rate your pain all the same: go back. If you have begun an answer, save it first. Then try again where you have internet.')}</p>
      <CallClinic />
    </Screen>
  );
}

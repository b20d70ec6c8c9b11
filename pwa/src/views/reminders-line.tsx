import { t } from '../i18n';
import type { ReminderStatus } from '../state';
import { to } from './route';
import { Row } from './row';

/** Only where reminders do not come: says so, and leads to where that can be changed. */
export function RemindersLine({ status }: { status: ReminderStatus }) {
  if (status.phase === 'on' || status.phase === 'unknown' || status.phase === 'asking') return null;
  return (
    <Row href={to('reminders')}>{t('Reminders are off')}</Row>
  );
}

import { t } from '../i18n';
import { NotReviewed } from './not-reviewed';

/** What the diary keeps, who sees it and what it is not: read before consent and at any time later. */
export function IntendedUse() {
  return (
    <>
      <NotReviewed />
      <dl class="facts">
        <dt>{t('What it is for')}</dt>
        <dd>{t('You write down how strong your pain is before and after your injection. Your clinic reads it and talks with you about what it means.')}</dd>
        <dt>{t('What it is not')}</dt>
        <dd>{t('It records and reports. It does not find out what you have, and it does not give advice about treatment.')}</dd>
        <dt>{t('Nobody watches it live')}</dt>
        <dd>{t('If you are worried, call your clinic. In an emergency, call the emergency number.')}</dd>
        <dt>{t('What is kept')}</dt>
        <dd>{t('Your scores and their times, what you were doing, extra pain medicine, your notes, and whether reminders reached this phone. Your name is not needed.')}</dd>
        <dt>{t('Who sees it')}</dt>
        <dd>{t('The staff of your clinic, and anyone who can unlock this phone. Reminders say nothing about your health.')}</dd>
        <dt>{t('Your choice')}</dt>
        <dd>{t('You may stop at any time. Tell your clinic; your care does not depend on it.')}</dd>
      </dl>
    </>
  );
}

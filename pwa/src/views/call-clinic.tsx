import { t } from '../i18n';
import { useDiary } from '../state';
import { ButtonLink } from './button';

export function telephoneLink(telephone: string): string {
  return `tel:${telephone.replace(/[^+\d]/g, '')}`;
}

/** The clinic's number, ready to call; before enrolment the phone does not know it. */
export function CallClinic({ look = 'secondary' }: { look?: 'primary' | 'secondary' }) {
  const enrolment = useDiary().diary.enrolment.value;
  if (enrolment === null) return <p>{t('Your clinic’s number is on the sheet you were given.')}</p>;
  const { clinicName: clinic, clinicTelephone: telephone } = enrolment;
  return (
    <ButtonLink look={look} href={telephoneLink(telephone)}>
      {t('Call {clinic}', { clinic })}
      <bdi class="telephone">{telephone}</bdi>
    </ButtonLink>
  );
}

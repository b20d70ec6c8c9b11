import { language, t } from '../i18n';
import { useDiary } from '../state';
import { ButtonLink } from './button';
import { CallClinic, telephoneLink } from './call-clinic';
import { OwnWords } from './own-words';
import { to } from './route';
import { Row } from './row';
import { Screen } from './screen';

/** Fixed advice and whom to call, the same whatever was entered: the diary does not judge it. */
export function Help() {
  const { diary } = useDiary();
  const enrolment = diary.enrolment.value;
  const closed = enrolment?.clinic.out_of_hours_telephone;
  return (
    <Screen title={t('Help')} actions={<CallClinic look="primary" />}>
      <section class="urgent">
        <h2>{t('Call the emergency number if you have')}</h2>
        <ul>
          <li>{t('trouble breathing, or swelling of the face')}</li>
          <li>{t('a leg or arm that gets very weak or cannot move')}</li>
          <li>{t('new numbness between the legs')}</li>
          <li>{t('new trouble with bladder or bowels')}</li>
          <li>{t('a fit (seizure)')}</li>
        </ul>
        <Number of={enrolment?.clinic.emergency_number} />
      </section>
      <section>
        <h2>{t('Call your clinic if you have')}</h2>
        <ul>
          <li>{t('a fever above 38 °C (100.4 °F)')}</li>
          <li>{t('redness that spreads, swelling, or fluid where the needle went in')}</li>
          <li>{t('bleeding that does not stop')}</li>
          <li>{t('a bad headache')}</li>
          <li>{t('numbness, tingling or weakness that does not go away')}</li>
        </ul>
      </section>
      {closed ? (
        <section>
          <h2>{t('When the clinic is closed')}</h2>
          <Number of={closed} />
        </section>
      ) : null}
      <FromClinic />
      <p>{t('Nobody watches this diary live. Some soreness for a few days is expected.')}</p>
      <nav class="rows" aria-label={t('More')}>
        <Row href={to('learn')}>{t('About your injection')}</Row>
        <Row href={to('about')}>{t('About this diary, and your privacy')}</Row>
        {diary.languages.value.length > 1 ? <Row href={to('language')}>{t('Language')}</Row> : null}
        {enrolment ? (
          <>
            <Row href={to('reminders')}>{t('Reminders')}</Row>
            <Row href={to('alarms')}>{t('If reminders fail')}</Row>
            <Row href={to('your-data')}>{t('Your data: keep or delete')}</Row>
            <Row href={to('install')}>{t('Put the diary on your home screen')}</Row>
          </>
        ) : null}
      </nav>
      {enrolment ? (
        <p class="quiet">{t('Your check word: {word}', { word: enrolment.checkWord })}</p>
      ) : null}
    </Screen>
  );
}

/** A number to call at a tap; nothing where the clinic gave none. */
function Number({ of: number }: { of: string | undefined }) {
  return number ? (
    <ButtonLink look="secondary" href={telephoneLink(number)}>
      {t('Call {telephone}', { telephone: number })}
    </ButtonLink>
  ) : null;
}

/** What the clinic says in its own words, below the advice that is the same everywhere. */
function FromClinic() {
  const clinic = useDiary().diary.enrolment.value?.clinic;
  const said = clinic?.texts?.[language.value];
  if (!clinic || !(said?.opening_hours || said?.advice)) return null;
  return (
    <section class="card">
      <h2>{t('From {clinic}', { clinic: clinic.name })}</h2>
      {said.opening_hours ? <OwnWords of={said.opening_hours} /> : null}
      {said.advice ? <OwnWords of={said.advice} /> : null}
    </section>
  );
}

import { onPhoneClock } from '../domain/block';
import { baselines, medicineTimes, moments, readings, type Moment, type Reading } from '../domain/picture';
import { dayAndClock, digits, fromNow, t, tn } from '../i18n';
import { useDiary, type Block, type Scores } from '../state';
import { Curve } from './curve';
import { Home } from './home';
import { RemindersLine } from './reminders-line';
import { to } from './route';
import { Row } from './row';
import { Screen } from './screen';
import { SyncLine } from './sync-line';
import { addWords, afterInjection, siteName } from './words';

/** The patient's own scores since the injection: a curve, the day's times, what comes next. */
export function Picture() {
  const { diary } = useDiary();
  const onPhone = diary.block.value;
  if (!onPhone || onPhone.performedAt === null) return <Home />;
  const correction = diary.correction.value;
  const block = onPhoneClock(onPhone, -correction);
  const entries = diary.entries.value.filter(({ state }) => state !== 'rejected').map(({ entry }) => entry);
  const now = diary.now.value + correction;
  const given = readings(block, entries);
  const medicine = medicineTimes(block, entries);
  const before = baselines(block, entries);
  const day = moments(block, entries, now);
  const unanswered = day.filter(({ kind }) => kind !== 'scored').length;
  const passed = day.filter(({ kind }) => kind === 'passed').length;
  const next = day.find(({ kind, at }) => kind !== 'scored' && at > now);
  const shown = (at: number) => dayAndClock(at - correction, diary.now.value);
  const comes = next ? { time: shown(next.at), ahead: fromNow(next.at, now) } : null;
  return (
    <Screen title={t('Your picture')}>
      {block.sites.map((site) => (
        <section key={site}>
          {siteName(site) === null ? null : <h2>{siteName(site)}</h2>}
          <figure class="picture">
            <Curve
              block={block}
              site={site}
              readings={given}
              baseline={before[site]}
              medicine={medicine}
              title={[t('Your pain since the injection'), siteName(site)].filter(Boolean).join(', ')}
              describedBy={`picture-${site}`}
            />
            <figcaption id={`picture-${site}`}>
              {inWords(site, given, before, medicine.length)}
            </figcaption>
          </figure>
        </section>
      ))}
      <section>
        <h2>{t('The day so far')}</h2>
        <p>
          {tn('{done} of {count} time answered.', '{done} of {count} times answered.', block.assessments.length, {
            done: block.assessments.length - unanswered,
          })}{' '}
          {passed > 0 ? tn('{count} passed.', '{count} passed.', passed) : null}
        </p>
        {comes === null ? null : (
          <p>
            {diary.reminders.value.phase === 'on'
              ? t('Next reminder: {time}, {ahead}.', comes)
              : t('Next: {time}, {ahead}.', comes)}
          </p>
        )}
        <SyncLine />
        <nav class="rows" aria-label={t('More')}>
          <RemindersLine status={diary.reminders.value} />
        </nav>
        <table class="day">
          <caption class="unseen">{t('Your scores and the times to come')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('Time')}</th>
              <th scope="col">{t('Pain')}</th>
            </tr>
          </thead>
          <tbody>
            {day.map((moment) => (
              <tr key={`${moment.kind} ${moment.at}`} class={moment.kind === 'to come' ? 'quiet' : undefined}>
                <th scope="row">
                  {shown(moment.at)} <span class="hint">{momentName(moment, block)}</span>
                </th>
                <td>{momentWords(moment, block.sites, correction, diary.now.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <nav class="rows" aria-label={t('More')}>
        <Row href={to('entries')}>{t('See your entries')}</Row>
      </nav>
    </Screen>
  );
}

function momentName(moment: Moment, block: Block): string {
  const asked = moment.kind === 'scored' ? moment.answers : moment.assessment;
  return asked ? afterInjection(asked, block.performedAt) : t('Unasked');
}

function momentWords(moment: Moment, sites: readonly string[], correction: number, now: number) {
  switch (moment.kind) {
    case 'scored': {
      const { scores, isRecalled } = moment.reading;
      const words = sites
        .filter((site) => scores[site] !== undefined)
        .map((site) => [siteName(site), digits(scores[site]!)].filter(Boolean).join(' '));
      return <><b>{words.join(', ')}</b> {isRecalled ? t('from memory') : null}</>;
    }
    case 'passed':
      return (
        <a href={to('memory', moment.assessment.id)}>
          {addWords(moment.at - correction, now)}
        </a>
      );
    case 'open':
      return <a href={to('rate')}>{t('Rate now')}</a>;
    case 'to come':
      return t('to come');
  }
}

/** The curve in two sentences; it says what was given, and concludes nothing. */
function inWords(site: string, given: readonly Reading[], before: Scores, medicine: number): string {
  const scores = given.map(({ scores }) => scores[site]).filter((score) => score !== undefined);
  const start = before[site] === undefined
    ? t('No score before the injection.')
    : t('Before the injection: {score}.', { score: before[site] });
  const since = scores.length === 0
    ? t('No scores since.')
    : tn(
        'Since then {count} score: {last}.',
        'Since then {count} scores, from {least} to {most}, the last {last}.',
        scores.length,
        { least: Math.min(...scores), most: Math.max(...scores), last: scores.at(-1)! },
      );
  const taken = medicine === 0 ? '' : t('A small triangle marks extra pain medicine.');
  return [start, since, taken].filter(Boolean).join(' ');
}

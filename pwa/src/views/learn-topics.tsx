/** What a patient should know about the injection, in plain words; the same for everybody. */
import { t } from '../i18n';
import { Drawing } from './drawing';
import { to } from './route';
import { Row } from './row';

export function TheJoints() {
  return (
    <>
      <Drawing name="joint" says={t('Two bones of the spine from the side. Behind them, where they meet, a small joint is marked. A thin nerve runs from it.')} />
      <p>{t('Your spine is a row of bones. At the back, small joints link each bone to the next. They are called facet joints.')}</p>
      <p>{t('They let you bend and twist your neck and your back.')}</p>
      <p>{t('A joint can hurt when it is worn, sore, or was hurt in a fall or a crash. You may feel it in your low back or your neck. You may also feel it further away: in a hip, a thigh, the upper back or the head.')}</p>
      <p>{t('A thin nerve takes the pain from the joint to your brain.')}</p>
    </>
  );
}

export function TheInjection() {
  return (
    <>
      <Drawing name="needle" says={t('The same two bones. A needle points at the nerve beside the joint.')} />
      <p>{t('A numbing drug is put next to the thin nerve. For a few hours the nerve can carry less pain, or none.')}</p>
      <p>{t('Your pain in these hours helps your clinic to find out if the joint is the cause. Both are useful to know: that it got better, and that it stayed the same.')}</p>
      <p>{t('The doctor uses x-ray pictures to guide the needle.')}</p>
      <p>{t('The numbing wears off in a few hours. This is meant to happen. For some people the pain stays away for longer.')}</p>
      <p>{t('Your clinic will talk with you about what comes next.')}</p>
    </>
  );
}

export function Today() {
  return (
    <>
      <h2>{t('Move, and do what hurts most days')}</h2>
      <p>{t('Walk, stand, bend, twist, do some chores. Do what brings on your pain on other days. Only then can you tell what has changed.')}</p>
      <h2>{t('Take care')}</h2>
      <p>{t('An arm or a leg may be weak or numb for some hours. Hold on to something when you get up.')}</p>
      <p>{t('You may need a ride home. Ask your clinic when you may drive.')}</p>
      <h2>{t('Your pain medicine')}</h2>
      <p>{t('Keep taking your regular pain medicine, unless your clinic told you not to. If you take more than that, tell the diary when.')}</p>
      <h2>{t('If the place is sore')}</h2>
      <p>{t('A small bruise and some soreness for a few days are common. Ice in a cloth can help.')}</p>
    </>
  );
}

export function TheDiary() {
  return (
    <>
      <Drawing name="hours" says={t('A clock face with a mark at each hour.')} />
      <p>{t('The injection works for a few hours only. What your pain does in that time is what your clinic needs to know. It is easy to forget later, so the diary asks you each hour.')}</p>
      <p>{t('Rate the pain that the injection was meant for. Leave out the soreness from the needle.')}</p>
      <p>{t('Give the number that fits right now. No number is right or wrong.')}</p>
      <p>{t('If you miss an hour, rate the next one. You can also rate at any time in between.')}</p>
      <p>{t('You can rate with no internet. The diary keeps your answers and sends them later. Reminders do need the internet.')}</p>
    </>
  );
}

export function Risks() {
  return (
    <>
      <p>{t('Most people have no problem other than some soreness. These can happen:')}</p>
      <ul>
        <li>{t('bleeding or a bruise')}</li>
        <li>{t('more pain for some days')}</li>
        <li>{t('a headache')}</li>
        <li>{t('an infection where the needle went in')}</li>
        <li>{t('an allergy to the drug')}</li>
        <li>{t('harm to a nerve, which is rare')}</li>
      </ul>
      <nav class="rows" aria-label={t('More')}>
        <Row href={to('help')}>{t('When to call, and whom')}</Row>
      </nav>
    </>
  );
}

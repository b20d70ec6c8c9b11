import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { useDiary } from '../state';
import { Button, ButtonLink } from './button';
import { CallClinic } from './call-clinic';
import { DrawnSteps } from './drawn-steps';
import { installPrompt } from './install-prompt';
import { isInstalled } from './installed';
import { LanguageRow } from './language-row';
import type { Place } from './phone-drawing';
import { replaceBy, to } from './route';
import { Screen } from './screen';
import { StayHere } from './stay-here';
import { onApple, thisWay } from './this-browser';

/** How to put the diary among the phone's apps, and what it costs not to. */
export function Install() {
  const [staying, setStaying] = useState(false);
  if (isInstalled()) {
    return (
      <Screen
        title={t('The diary is installed')}
        actions={<Button onPress={() => replaceBy('reminders')}>{t('Go on')}</Button>}
      >
        <p>{t('You find it among your apps, with or without internet.')}</p>
      </Screen>
    );
  }
  if (staying) return <StayHere onBack={() => setStaying(false)} />;
  return onApple() ? <OnApple onStay={() => setStaying(true)} /> : <Elsewhere />;
}

/** Nothing is recorded before: the app on the home screen starts with an empty store. */
function OnApple({ onStay }: { onStay: () => void }) {
  const { diary } = useDiary();
  const linked = diary.enrolment.value !== null;
  const staysAnyway = diary.move.value === null;
  return (
    <Screen
      title={t('Put the diary on your home screen')}
      actions={
        staysAnyway ? (
          <ButtonLink look="secondary" href={to('reminders')}>
            {t('Go on in the browser')}
          </ButtonLink>
        ) : null
      }
    >
      {linked ? null : <LanguageRow />}
      <p>{t('On the home screen the diary can remind you, and keeps what you enter. In the browser it does neither.')}</p>
      <DrawnSteps
        steps={[
          ...appleMenu(),
          ['add-in-menu', t('Scroll down and tap “Add to Home Screen”. Leave “Open as Web App” on, if it is there.')],
          ['add-above', t('Tap “Add”.')],
          [
            'diary-at-home',
            linked
              ? t('Close this page. Open “Diary” from your home screen and go on there.')
              : t('Close this page. Open “Diary” from your home screen and type the code from your sheet.'),
          ],
        ]}
      />
      {linked ? (
        <>
          <p>{t('If it asks for a code there, ask your clinic for a new one.')}</p>
          <CallClinic />
        </>
      ) : null}
      {staysAnyway ? null : (
        <Button look="plain" onPress={onStay}>
          {t('I cannot do this')}
        </Button>
      )}
    </Screen>
  );
}

function Elsewhere() {
  const offer = installPrompt.value;
  const install = async () => {
    await offer?.prompt();
    const choice = await offer?.userChoice;
    installPrompt.value = null;
    if (choice?.outcome === 'accepted') replaceBy('reminders');
  };
  return (
    <Screen
      title={t('Put the diary on your home screen')}
      actions={
        <>
          {offer === null ? null : <Button onPress={install}>{t('Install')}</Button>}
          <ButtonLink look="secondary" href={to('reminders')}>
            {t('Go on in the browser')}
          </ButtonLink>
        </>
      }
    >
      <p>{t('The diary is then easy to find and opens without internet. In the browser it works too, but is harder to find again.')}</p>
      {offer === null ? <DrawnSteps steps={menu()} /> : null}
    </Screen>
  );
}

/** Where iPhones and iPads hide the way to the home screen. */
function appleMenu(): [Place, string][] {
  const share = t('Tap Share: the square with an arrow pointing up. If you see three dots in its place, tap them first.');
  switch (thisWay()) {
    case 'firefox-apple':
      return [['lines-below', t('Tap the menu: three lines or dots. Then tap “Share”.')]];
    case 'safari-iphone':
      return [['share-below', share]];
    default:
      return [['share-above', share]];
  }
}

function menu(): [Place, string][] {
  const open: [Place, string] = ['diary-at-home', t('From now on, open “Diary” from your home screen.')];
  switch (thisWay()) {
    case 'samsung':
      return [
        ['lines-below', t('Tap the three lines at the bottom.')],
        ['add-in-menu', t('Tap “Add page to”, then “Home screen”.')],
        ['add-above', t('Tap “Add”.')],
        open,
      ];
    case 'firefox-android':
      return [
        ['dots-above', t('Tap the three dots beside the address.')],
        ['add-in-menu', t('Tap “Install” or “Add to Home screen”. You may have to tap “More” first.')],
        open,
      ];
    case 'chrome-android':
      return [
        ['dots-above', t('Tap the three dots beside the address.')],
        ['add-in-menu', t('Tap “Add to Home screen”, then “Install”.')],
        open,
      ];
    default:
      return [
        ['dots-above', t('Open your browser’s menu, mostly three dots or three lines.')],
        ['add-in-menu', t('Tap “Install” or “Add to Home screen”. Some browsers cannot.')],
      ];
  }
}

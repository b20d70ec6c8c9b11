import { t } from '../i18n';
import { Button, ButtonLink } from './button';
import { installPrompt, isApple, isInstalled } from './install-prompt';
import { replaceBy, to } from './route';
import { Screen } from './screen';

/** How to put the diary among the phone's apps, and what it costs not to. */
export function Install() {
  const offer = installPrompt.value;
  const goOn = () => replaceBy('reminders');
  const install = async () => {
    await offer?.prompt();
    const choice = await offer?.userChoice;
    installPrompt.value = null;
    if (choice?.outcome === 'accepted') goOn();
  };
  if (isInstalled()) {
    return (
      <Screen title={t('The diary is installed')} actions={<Button onPress={goOn}>{t('Go on')}</Button>}>
        <p>{t('You find it among your apps, with or without internet.')}</p>
      </Screen>
    );
  }
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
      {isApple() ? <AppleSteps /> : offer === null ? <MenuSteps /> : null}
      <p>{isApple() ? t('In the browser, this phone cannot remind you, and it may delete entries that wait too long. On the home screen it does neither.') : t('The diary is then easy to find and opens without internet. In the browser it works too, but is harder to find again.')}</p>
    </Screen>
  );
}

function AppleSteps() {
  return (
    <ol class="steps">
      <li>{t('Open this page in Safari.')}</li>
      <li>{t('Tap Share: the square with an arrow pointing up. You may have to scroll.')}</li>
      <li>{t('Scroll down and tap “Add to Home Screen”. Leave “Open as Web App” on, if it is there.')}</li>
      <li>{t('Open “Diary” from your home screen. If it asks for a code, ask your clinic for a new one.')}</li>
    </ol>
  );
}

function MenuSteps() {
  return (
    <ol class="steps">
      <li>{t('Open your browser’s menu, mostly three dots or three lines.')}</li>
      <li>{t('Tap “Install” or “Add to Home screen”. Some browsers cannot.')}</li>
    </ol>
  );
}

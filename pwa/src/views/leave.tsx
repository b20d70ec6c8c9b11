import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { useDiary } from '../state';
import { announce } from './announce';
import { Button } from './button';
import { DrawnSteps } from './drawn-steps';
import { LanguageRow } from './language-row';
import { Notice } from './notice';
import { Screen } from './screen';
import { StayHere } from './stay-here';
import { onApple, thisApp } from './this-browser';

/** Opened inside another app, whose own browser forgets: how to get out of it. */
export function Leave() {
  const { diary } = useDiary();
  const [copied, setCopied] = useState<boolean | null>(null);
  const [staying, setStaying] = useState(false);
  if (staying) return <StayHere onBack={() => setStaying(false)} />;
  const app = thisApp();
  const copy = async () => {
    const token = diary.linkToken.value;
    const address = token === null ? location.origin : `${location.origin}/e#${token}`;
    try {
      await navigator.clipboard.writeText(address);
      setCopied(true);
      announce(t('The link is copied.'));
    } catch {
      setCopied(false);
    }
  };
  return (
    <Screen
      title={onApple() ? t('Open this page in Safari') : t('Open this page in your browser')}
      actions={
        <>
          <Button look="plain" onPress={() => setStaying(true)}>
            {t('I cannot do this')}
          </Button>
          <Button onPress={copy}>{t('Copy the link')}</Button>
        </>
      }
    >
      <LanguageRow />
      <p>
        {app === null ? t('You are inside another app.') : t('You are inside {app}.', { app })}{' '}
        {t('Here the diary cannot remind you, and it may lose what you enter.')}
      </p>
      <DrawnSteps
        steps={[
          ['dots-above', t('Tap the dots, the arrow or the small compass at the edge of the screen.')],
          ['browser-in-menu', onApple() ? t('Tap “Open in Safari” or “Open in browser”.') : t('Tap “Open in browser” or “Open in Chrome”.')],
        ]}
      />
      <p>
        {onApple()
          ? t('If you do not find that, copy the link. Then open Safari and paste the link at the top or bottom.')
          : t('If you do not find that, copy the link. Then open Chrome, Firefox or Samsung Internet and paste the link at the top.')}
      </p>
      {copied === null ? null : copied ? (
        <Notice tone="ok">
          <p>{t('The link is copied.')}</p>
        </Notice>
      ) : (
        <Notice tone="danger">
          <p>{t('This app does not let us copy. Close it, and point your phone’s camera at the sheet from your clinic.')}</p>
        </Notice>
      )}
    </Screen>
  );
}

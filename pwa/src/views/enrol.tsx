import { useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { useDiary, type Failure } from '../state';
import { Button } from './button';
import { CallClinic } from './call-clinic';
import { useUnsaved } from './draft';
import { Notice } from './notice';
import { PrivateWindow } from './private-window';
import { replaceBy } from './route';
import { Screen } from './screen';
import { consented, Welcome } from './welcome';

const CODE_LENGTH = 8;

/** Links this phone to the clinic, by the link that opened the app or by the code on the sheet. */
export function Enrol() {
  const { diary, actions } = useDiary();
  const token = diary.linkToken.value;
  const [failure, setFailure] = useState<Failure | null>(null);
  const [typed, setTyped] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useUnsaved(typed !== '');
  if (!consented.value) return <Welcome />;
  const byLink = token !== null && failure === null;

  const refuse = (reason: Failure) => {
    setFailure(reason);
    requestAnimationFrame(() => field.current?.focus());
  };
  const link = async () => {
    const code = typed.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase();
    if (!byLink && code.length !== CODE_LENGTH) {
      refuse({
        code: 'invalid',
        message: t('The code has {length} letters and numbers; you typed {typed}. Look at your sheet again.', {
          length: CODE_LENGTH,
          typed: code.length,
        }),
      });
      return;
    }
    const refused = await actions.enrol(byLink ? { token } : { code });
    if (refused) refuse(refused);
    else replaceBy('linked');
  };

  return (
    <Screen
      title={byLink ? t('Link this phone to your clinic') : t('Type the code from your sheet')}
      actions={
        <Button form="enrol" onPress={link} busyWords={t('Linking…')}>
          {t('Link this phone')}
        </Button>
      }
    >
      {byLink ? (
        <p>{t('Your clinic’s link is ready. Press the button once, on the phone that you will use for the diary.')}</p>
      ) : (
        <form id="enrol" class="field" onSubmit={(event) => event.preventDefault()}>
          <label class="labelled">
            {t('Code')}
            <span class="hint" id="code-hint">
              {t('8 letters and numbers. Capitals and dashes do not matter.')}
            </span>
            <input
              ref={field}
              class="code"
              type="text"
              autocapitalize="characters"
              autocomplete="one-time-code"
              autocorrect="off"
              spellcheck={false}
              enterkeyhint="done"
              placeholder="XXXX-XXXX"
              value={typed}
              aria-invalid={failure !== null}
              aria-describedby="code-hint code-problem"
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </label>
        </form>
      )}
      <PrivateWindow />
      <div id="code-problem">
        {failure === null ? null : (
          <Notice tone="danger">
            <p dir="auto">{failure.message}</p>
            {failure.code === 'invalid' ? <CallClinic /> : null}
          </Notice>
        )}
      </div>
    </Screen>
  );
}

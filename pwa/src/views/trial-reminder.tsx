import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { useDiary } from '../state';
import { Button } from './button';
import { Notice } from './notice';

type Step = 'unasked' | 'coming' | 'came' | 'missing';

/** One reminder on trial: the patient sees it come, and taps it or says so. */
export function TrialReminder() {
  const { actions } = useDiary();
  const [step, setStep] = useState<Step>('unasked');
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    // iPhones do not tell which notification was tapped: there the button below is pressed.
    const tapped = ({ data }: MessageEvent) => {
      if ((data as { trial?: boolean } | null)?.trial) setStep('came');
    };
    const workers = navigator.serviceWorker;
    workers?.addEventListener('message', tapped);
    return () => workers?.removeEventListener('message', tapped);
  }, []);
  const send = async () => {
    const failure = await actions.tryReminder();
    setProblem(failure?.message ?? null);
    if (failure === null) setStep('coming');
  };
  // The button that was pressed is gone: what is said in its place is read next.
  const said = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (step !== 'unasked') said.current?.focus();
  }, [step]);
  return (
    <section>
      <h2>{t('Try a reminder')}</h2>
      <div ref={said} tabIndex={-1}>
        {step === 'unasked' ? <p>{t('See now if reminders reach this phone.')}</p> : null}
        {step === 'coming' ? (
          <p>{t('It is on its way. It may take a minute. Tap it when it comes.')}</p>
        ) : null}
        {step === 'came' ? (
          <Notice tone="ok">
            <p>{t('It works: reminders reach this phone.')}</p>
          </Notice>
        ) : null}
        {step === 'missing' ? (
          <Notice tone="attention">
            <p>{t('Look at “If reminders fail” below. Until it works, open the diary by yourself each hour.')}</p>
          </Notice>
        ) : null}
      </div>
      {step === 'coming' ? (
        <>
          <Button look="secondary" onPress={() => setStep('came')}>
            {t('It has come')}
          </Button>
          <Button look="plain" onPress={() => setStep('missing')}>
            {t('It has not come')}
          </Button>
        </>
      ) : null}
      {problem === null ? null : (
        <Notice tone="danger">
          <p>{problem}</p>
        </Notice>
      )}
      {step === 'coming' || step === 'came' ? null : (
        <Button look="secondary" busyWords={t('Sending…')} onPress={send}>
          {t('Send a test reminder')}
        </Button>
      )}
    </section>
  );
}

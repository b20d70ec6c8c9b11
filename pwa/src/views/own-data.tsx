import { useState } from 'preact/hooks';
import { csv } from '../domain/csv';
import { t, tn } from '../i18n';
import { useDiary, type Diary } from '../state';
import { announce } from './announce';
import { Button } from './button';
import { dataPage } from './data-page';
import { dataTable } from './data-rows';
import { Notice } from './notice';
import { replaceBy } from './route';
import { canShare, download, share } from './save-file';
import { Screen } from './screen';

/** The patient's own diary, to keep; and to take off this phone. Made here, so it needs no network. */
export function OwnData() {
  const { diary } = useDiary();
  const isEmpty = diary.wholeDiary.value.length === 0;
  return (
    <Screen title={t('Your data')}>
      {isEmpty ? (
        <p>{t('There are no entries yet. Once there are, you can keep them as a file.')}</p>
      ) : (
        <>
          <p>{t('You can keep your entries as a file, print them or give them to somebody. This needs no internet. Whoever has the file can read it.')}</p>
          <SaveOrShare title={t('A page to print')} type="text/html" make={() => pageFile(diary)} />
          <SaveOrShare title={t('A table (CSV), for a computer')} type="text/csv" make={() => tableFile(diary)} />
        </>
      )}
      <DeleteAll />
    </Screen>
  );
}

function SaveOrShare(props: { title: string; type: string; make: () => File }) {
  const { title, type, make } = props;
  const [failed, setFailed] = useState(false);
  const press = (hand: (file: File) => void | Promise<void>) => async () => {
    setFailed(false);
    try {
      await hand(make());
    } catch {
      setFailed(true);
    }
  };
  return (
    <section>
      <h2>{title}</h2>
      <div class="choices">
        <Button look="secondary" onPress={press(download)}>
          {t('Save on this phone')}
        </Button>
        {canShare(type) ? (
          <Button look="secondary" onPress={press(share)}>
            {t('Send or share')}
          </Button>
        ) : null}
      </div>
      {failed ? (
        <Notice tone="danger">
          <p>{t('This phone could not do it. Try the other button, or ask your clinic for a copy.')}</p>
        </Notice>
      ) : null}
    </section>
  );
}

function DeleteAll() {
  const { diary, actions } = useDiary();
  const [asking, setAsking] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const onlyHere = diary.onlyHere.value;
  const running = diary.due.value !== null && diary.due.value.step !== 'complete';
  const leave = async () => {
    const refused = await actions.leave(onlyHere > 0);
    if (refused) {
      setFailure(refused.message);
      return;
    }
    announce(t('Deleted from this phone.'));
    replaceBy('');
  };
  return (
    <section>
      <h2>{t('Delete from this phone')}</h2>
      {onlyHere > 0 ? (
        <>
          <Notice tone="attention">
            <p>
              {tn(
                '{count} entry is only on this phone. If you delete now, it is lost for good.',
                '{count} entries are only on this phone. If you delete now, they are lost for good.',
                onlyHere,
              )}
            </p>
            <p>{t('Send them first, where you have internet, or save a file above.')}</p>
          </Notice>
          <Button look="secondary" busyWords={t('Sending…')} onPress={() => actions.syncNow()}>
            {t('Send now')}
          </Button>
        </>
      ) : (
        <p>{t('Everything is at your clinic, and stays there.')}</p>
      )}
      {running ? <p>{t('Your diary is still running. Without it, nobody reminds you and no more scores are kept.')}</p> : null}
      <p class="quiet">{t('Deleting needs internet once, so that your clinic knows.')}</p>
      {failure === null ? null : (
        <Notice tone="danger">
          <p>
            <b>{t('Not deleted.')}</b> {failure}
          </p>
        </Notice>
      )}
      {asking ? (
        <div class="ask">
          <p>{t('Delete the whole diary from this phone? To use it again you need a new code.')}</p>
          <Button look="danger" onPress={leave}>
            {onlyHere > 0 ? t('Yes, delete and lose them') : t('Yes, delete')}
          </Button>
          <Button look="plain" onPress={() => setAsking(false)}>
            {t('No, keep it')}
          </Button>
        </div>
      ) : (
        <Button look="danger" onPress={() => setAsking(true)}>
          {onlyHere > 0 ? t('Delete all the same') : t('Delete from this phone')}
        </Button>
      )}
    </section>
  );
}

function pageFile(diary: Diary): File {
  return new File([dataPage(diary)], `${fileName(diary)}.html`, { type: 'text/html' });
}

function tableFile(diary: Diary): File {
  const rows = diary.wholeDiary.value.flatMap(({ block, entries }, place) => {
    const table = dataTable(block, entries, diary.now.value);
    const named = [t('Injection'), ...table.head];
    const lines = table.rows.map((row) => [String(block.number), ...row]);
    return place === 0 ? [named, ...lines] : [[], named, ...lines];
  });
  return new File([csv(rows)], `${fileName(diary)}.csv`, { type: 'text/csv' });
}

/** Without a word of health: others may see the name in a list of downloads. */
function fileName(diary: Diary): string {
  return `diary-${new Date(diary.now.value).toISOString().slice(0, 10)}`;
}

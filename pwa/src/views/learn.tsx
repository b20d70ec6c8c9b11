import { t } from '../i18n';
import { ButtonLink } from './button';
import { Risks, TheDiary, TheInjection, TheJoints, Today } from './learn-topics';
import { to } from './route';
import { Row } from './row';
import { Screen } from './screen';

const topics = {
  joints: { title: () => t('Where the pain may come from'), Text: TheJoints },
  injection: { title: () => t('What the injection is for'), Text: TheInjection },
  today: { title: () => t('After your injection'), Text: Today },
  diary: { title: () => t('Why the diary matters'), Text: TheDiary },
  risks: { title: () => t('What can go wrong'), Text: Risks },
};

type Topic = keyof typeof topics;
const names = Object.keys(topics) as Topic[];

/** What to know about the injection: the list of topics, or the one that the address names. */
export function Learn({ about }: { about: string | null }) {
  const topic = names.find((name) => name === about);
  return topic ? <OneTopic topic={topic} /> : <Topics />;
}

function Topics() {
  return (
    <Screen title={t('About your injection')}>
      <nav class="rows" aria-label={t('Topics')}>
        {names.map((name) => (
          <Row key={name} href={to('learn', name)}>
            {topics[name].title()}
          </Row>
        ))}
      </nav>
    </Screen>
  );
}

function OneTopic({ topic }: { topic: Topic }) {
  const { title, Text } = topics[topic];
  const next = names[names.indexOf(topic) + 1];
  return (
    <Screen
      title={title()}
      actions={
        next ? (
          <ButtonLink look="secondary" href={to('learn', next)}>
            {t('Next: {topic}', { topic: topics[next].title() })}
          </ButtonLink>
        ) : null
      }
    >
      <Text />
    </Screen>
  );
}

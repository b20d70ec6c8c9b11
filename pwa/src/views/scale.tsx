import { catalogue, digits, t } from '../i18n';
import { Icon } from './icon';

const POINTS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/**
 * The numeric rating scale: eleven equal buttons, 0 to 5 over 6 to 10, both ends named, nothing
 * chosen beforehand. Which way the order runs is said by the language's catalogue.
 * Source: design §5, platform facts §7 (equivalence of paper and electronic scales).
 */
export function Scale(props: {
  /** Which pain, for a block with several; null when there is one. */
  site: string | null;
  name: string;
  score: number | undefined;
  missing: boolean;
  onTap: (score: number) => void;
}) {
  const { name, score, missing, onTap } = props;
  const { scale } = catalogue.value;
  const problem = `${name}-problem`;
  const end = (point: number) =>
    point === 0 ? t('No pain') : point === 10 ? t('Worst pain you can imagine') : null;
  return (
    <fieldset class="scale" aria-describedby={missing ? problem : undefined}>
      <legend class={props.site === null ? 'unseen' : undefined}>
        {props.site ?? t('Your pain, from 0 to 10')}
      </legend>
      <p class="end first" dir={scale} aria-hidden="true">
        <b>{digits(0)}</b> <bdi>{end(0)}</bdi>
      </p>
      <div class="points" dir={scale}>
        {POINTS.map((point) => (
          <label key={point} class="point">
            <input
              type="radio"
              name={name}
              value={point}
              checked={score === point}
              aria-label={[digits(point), end(point)].filter(Boolean).join(', ')}
              onClick={() => onTap(point)}
            />
            <span>
              {digits(point)}
              <Icon name="tick" />
            </span>
          </label>
        ))}
      </div>
      <p class="end last" dir={scale} aria-hidden="true">
        <b>{digits(10)}</b> <bdi>{end(10)}</bdi>
      </p>
      {missing ? (
        <p class="problem" id={problem}>
          {props.site === null
            ? t('Tap a number first.')
            : t('Tap a number for: {site}.', { site: props.site })}
        </p>
      ) : null}
    </fieldset>
  );
}

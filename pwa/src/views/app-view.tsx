import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { catalogue, t } from '../i18n';
import { useDiary, type Diary } from '../state';
import { announced } from './announce';
import { Banners } from './banners';
import { homeScreen } from './home';
import { Icon } from './icon';
import { route, to } from './route';
import { mayOpen, screens, type ScreenName } from './screens';
import { fetchSecond, stillToCome } from './second';

/** The whole app: one screen at a time, with Back, the entries and Help in the same place on each. */
export function AppView() {
  const { diary } = useDiary();
  const { name, about } = route.value;
  const wanted = screenFor(name, diary);
  const toCome = stillToCome(screens[wanted]);
  const shown = toCome ?? wanted;
  const Shown = screens[shown];
  useEffect(() => {
    if (toCome === 'opening') void fetchSecond();
  }, [toCome]);
  const usable = diary.ready.value && diary.storeFailure.value === null;
  const linked = usable && diary.enrolment.value !== null;
  const main = useRef<HTMLElement>(null);
  useFocusOnChange(main, `${shown} ${about}`);
  useLanguageOfPage();
  return (
    <div class="app">
      <header class="bar">
        {name === '' ? (
          <span class="app-name">{t('Block Diary')}</span>
        ) : (
          <a href={to('')} onClick={goBack}>
            <Icon name="back" />
            {t('Back')}
          </a>
        )}
        <nav aria-label={t('Diary')}>
          {linked ? <a href={to('entries')}>{t('Entries')}</a> : null}
          <a href={to('help')}>{t('Help')}</a>
        </nav>
      </header>
      <main ref={main} class={`view view-${shown}`}>
        <Banners />
        <Shown key={`${shown} ${about}`} about={about} />
      </main>
      <p class="unseen" role="status">
        {announced.value}
      </p>
    </div>
  );
}

export function screenFor(name: string, diary: Diary): ScreenName {
  if (diary.storeFailure.value !== null) return name === 'help' ? 'help' : 'store-failure';
  if (!diary.ready.value) return 'opening';
  return mayOpen(name, diary.enrolment.value !== null, diary.move.value) ? name : homeScreen(diary);
}

/** Where the app was opened on this very screen, Back leads home instead of out of the app. */
function goBack(event: Event) {
  if (history.length > 1 && opened > 0) {
    event.preventDefault();
    history.back();
  }
}

/** Screens opened since the app was started, so that Back knows whether there is one. */
let opened = 0;
addEventListener('hashchange', () => (opened += 1));

/** The page says its language and direction, to screen readers and to its styles. */
function useLanguageOfPage() {
  const { language, dir } = catalogue.value;
  useLayoutEffect(() => {
    Object.assign(document.documentElement, { lang: language, dir });
  }, [language, dir]);
}

/**
 * A new screen is read from its heading on, wherever the last one had the focus. It has the focus
 * as soon as it stands: later, it would take it from whoever has gone on by the keyboard.
 */
function useFocusOnChange(main: { current: HTMLElement | null }, screen: string) {
  const first = useRef(true);
  useLayoutEffect(() => {
    const heading = main.current?.querySelector('h1');
    if (heading) document.title = `${heading.textContent} · ${t('Diary')}`;
    if (!first.current) {
      scrollTo(0, 0);
      heading?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [screen]);
}

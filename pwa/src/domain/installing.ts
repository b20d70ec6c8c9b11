/** Which steps put the diary on the home screen, by the browser's own name for itself. */
import { isApple } from './browser';

/** A browser by where its steps begin. iPhones' Safari has its bar at the bottom, iPads' at the top. */
export type Way =
  | 'safari-iphone' | 'safari-ipad' | 'chrome-apple' | 'firefox-apple'
  | 'chrome-android' | 'samsung' | 'firefox-android' | 'other';

export function wayOf(agent: string, touchPoints: number): Way {
  if (isApple(agent, touchPoints)) {
    if (/FxiOS\//.test(agent)) return 'firefox-apple';
    if (/CriOS\/|EdgiOS\//.test(agent)) return 'chrome-apple';
    return /iPhone|iPod/.test(agent) ? 'safari-iphone' : 'safari-ipad';
  }
  if (!/Android/.test(agent)) return 'other';
  if (/SamsungBrowser\//.test(agent)) return 'samsung';
  if (/Firefox\//.test(agent)) return 'firefox-android';
  return /Chrome\//.test(agent) && !/EdgA\/|OPR\/|HuaweiBrowser\/|MiuiBrowser\//.test(agent)
    ? 'chrome-android'
    : 'other';
}

const APPS: [RegExp, string][] = [
  [/Instagram/, 'Instagram'],
  [/Messenger/, 'Messenger'],
  [/FB[A_]/, 'Facebook'],
  [/WhatsApp/, 'WhatsApp'],
  [/ Line\//, 'LINE'],
  [/GSA\//, 'Google'],
  [/Snapchat/, 'Snapchat'],
  [/LinkedInApp/, 'LinkedIn'],
];

/** The app whose own browser this is, as people call it; null if it does not say. */
export function appOf(agent: string): string | null {
  if (/MicroMessenger/.test(agent)) return 'WeChat';
  return APPS.find(([pattern]) => pattern.test(agent))?.[1] ?? null;
}

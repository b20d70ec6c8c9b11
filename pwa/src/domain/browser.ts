/**
 * What a browser's own name for itself (`navigator.userAgent`) says about whether a diary can be
 * kept in it. `touchPoints` is `navigator.maxTouchPoints`: iPads name themselves Macs.
 */

/**
 * What a person has to do before anything is recorded here: leave another app's browser; put the
 * diary on an iPhone's home screen, and only there link it; or link it here and then do so. null:
 * nothing.
 */
export type Move = 'leave' | 'install-first' | 'install' | null;

export function moveFrom(agent: string, touchPoints: number, isInstalled: boolean): Move {
  if (isInstalled) return null; // what an iPhone installed names no browser, like an app's own
  if (isInApp(agent, touchPoints)) return 'leave';
  if (!isApple(agent, touchPoints)) return null;
  return givesCookies(agent) ? 'install' : 'install-first';
}

/** iPhone, iPad or iPod: reminds only once installed, and the installed app starts empty. */
export function isApple(agent: string, touchPoints: number): boolean {
  return /iP(hone|ad|od)/.test(agent) || (agent.includes('Macintosh') && touchPoints > 1);
}

/** Another app's own browser: its store may be gone when it closes, and it cannot remind. */
function isInApp(agent: string, touchPoints: number): boolean {
  if (/FB[A_]|Instagram|WhatsApp|Snapchat|MicroMessenger| Line\/|GSA\/|; wv\)/.test(agent)) return true;
  return isApple(agent, touchPoints) && !/Safari\/\d/.test(agent);
}

/** Safari from 17.2 on copies a site's cookies to the app it installs; nothing else is copied. */
function givesCookies(agent: string): boolean {
  if (/[a-z]iOS\//.test(agent)) return false; // CriOS, FxiOS, EdgiOS
  const [, major = 0, minor = 0] = /Version\/(\d+)\.(\d+)/.exec(agent) ?? [];
  return Number(major) * 100 + Number(minor) >= 1702;
}

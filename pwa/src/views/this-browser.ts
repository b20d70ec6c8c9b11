/** The browser that the diary is open in. */
import { isApple } from '../domain/browser';
import { appOf, wayOf, type Way } from '../domain/installing';

export const onApple = (): boolean => isApple(navigator.userAgent, navigator.maxTouchPoints);
export const thisWay = (): Way => wayOf(navigator.userAgent, navigator.maxTouchPoints);
export const thisApp = (): string | null => appOf(navigator.userAgent);

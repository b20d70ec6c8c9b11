/** What went wrong, in words for the person who holds the phone. */
import { t } from './i18n';
import type { Failure } from './state';
import { StoreFailure, type StoreFailureCode } from './store/database';
import { ApiFailure } from './sync/api';

export function failureOf(error: unknown): Failure {
  if (error instanceof StoreFailure) return { code: error.code, message: storeWords(error.code) };
  if (error instanceof ApiFailure) {
    return { code: error.code, message: error.message && error.status ? error.message : apiWords(error.code) };
  }
  return { code: 'failed', message: t('Something went wrong. Please try again.') };
}

function storeWords(code: StoreFailureCode): string {
  switch (code) {
    case 'full':
      return t('This phone has no room left. Delete something you do not need, then try again.');
    case 'newer':
      return t('A newer version of the diary is on this phone. Close the diary and open it again.');
    case 'busy':
    case 'unavailable':
      return [
        t('This phone could not save. Close other windows of the diary and try again.'),
        t('If it fails again, close the diary and open it anew.'),
      ].join(' ');
  }
}

function apiWords(code: string): string {
  switch (code) {
    case 'offline':
      return t('There is no internet right now. Try again when you have a signal.');
    case 'timeout':
      return t('The clinic did not answer in time. Please try again.');
    default:
      return t('The clinic cannot be reached right now. Please try again later.');
  }
}

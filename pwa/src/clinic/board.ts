/**
 * Keeps the board fresh: asks for the same page, and changes only the rows that differ, so that
 * nothing flickers and focus and scroll stay where they are. Without this script the page reloads
 * by hand.
 */
const EVERY_MS = 20_000;
const PATIENCE_MS = 15_000;

const board = document.querySelector<HTMLElement>('[data-board]');
const live = document.querySelector<HTMLElement>('[data-live]');

if (board && live) {
  let timer = 0;

  const later = (): void => {
    window.clearTimeout(timer);
    timer = document.hidden ? 0 : window.setTimeout(refresh, EVERY_MS);
  };

  const refresh = async (): Promise<void> => {
    try {
      const answer = await fetch(location.href, {
        cache: 'no-store',
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      // A redirect means that we were signed out: the answer is the sign-in page.
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const freshBoard = fresh.querySelector<HTMLElement>('[data-board]');
      const freshLive = fresh.querySelector<HTMLElement>('[data-live]');
      if (!freshBoard || !freshLive) throw new Error('no board in the answer');
      replaceChanged(board, freshBoard);
      recount(fresh);
      live.dataset['stale'] = freshLive.dataset['stale'] ?? '';
      live.textContent = freshLive.textContent;
      live.classList.remove('failed');
      live.removeAttribute('role');
    } catch {
      live.setAttribute('role', 'status'); // read out when it fails, not every 20 seconds
      live.textContent = live.dataset['stale'] ?? '';
      live.classList.add('failed');
    }
    later();
  };

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) later();
    else void refresh();
  });
  later();
}

/** The counts beside the filters, and of the pages; not while somebody chooses among them. */
function recount(fresh: Document): void {
  for (const counts of document.querySelectorAll<HTMLElement>('[data-board-counts]')) {
    const freshCounts = fresh.querySelector<HTMLElement>(`[data-board-counts="${counts.dataset['boardCounts']}"]`);
    if (!freshCounts || counts.contains(document.activeElement)) continue;
    counts.hidden = freshCounts.hidden;
    if (counts.innerHTML !== freshCounts.innerHTML) counts.replaceChildren(...freshCounts.childNodes);
  }
}

/** Make `old` say what `fresh` says, row by row; a row that is unchanged stays the same element. */
function replaceChanged(old: HTMLElement, fresh: HTMLElement): void {
  const body = old.querySelector('tbody');
  const freshBody = fresh.querySelector('tbody');
  if (!body || !freshBody) {
    if (old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
    return;
  }
  const rows = new Map([...body.rows].map((row) => [row.id, row]));
  let place: Element | null = body.firstElementChild;
  for (const freshRow of [...freshBody.rows]) {
    let row = rows.get(freshRow.id);
    if (!row) {
      row = freshRow;
    } else if (row.innerHTML !== freshRow.innerHTML) {
      const focused = focusedLink(row);
      row.replaceChildren(...freshRow.childNodes);
      if (focused) row.querySelector<HTMLElement>(`a[href="${focused}"]`)?.focus();
    }
    rows.delete(freshRow.id);
    if (row === place) place = place.nextElementSibling;
    else moveBefore(body, row, place);
  }
  for (const gone of rows.values()) gone.remove();
}

/** Moving an element drops its focus: give it back. */
function moveBefore(body: Element, row: HTMLElement, place: Element | null): void {
  const focused = row.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  body.insertBefore(row, place);
  focused?.focus({ preventScroll: true });
}

function focusedLink(row: HTMLElement): string | null {
  const focused = document.activeElement;
  return focused && row.contains(focused) ? focused.getAttribute('href') : null;
}

const printing = document.querySelector<HTMLButtonElement>('button[data-print]');
if (printing) {
  printing.hidden = false; // without a script it would do nothing
  printing.addEventListener('click', () => window.print());
}

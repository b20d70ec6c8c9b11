import { useDiary, type Diary } from '../state';
import { draftFor } from './draft';
import { screens } from './screens';

/** Home shows what is due; nothing else decides it, least of all the notification that was tapped. */
export function Home() {
  const Due = screens[homeScreen(useDiary().diary)];
  return <Due about={null} />;
}

/** The screen for the state of this phone. */
export function homeScreen(diary: Diary): keyof typeof screens {
  const move = diary.move.value;
  if (move === 'leave') return 'leave';
  if (diary.recovering.value) return 'opening';
  if (diary.enrolment.value === null) return move === 'install-first' ? 'install' : 'welcome';
  if (move) return 'install';
  const due = diary.due.value;
  if (diary.block.value === null || diary.block.value.cancelled || due === null) return 'no-block';
  switch (due.step) {
    case 'baseline':
    case 'waiting':
    case 'complete':
      return due.step;
    case 'rate':
      return 'rate';
    case 'later':
      // An answer that was begun in its window is not taken away when the window closes.
      return draftFor('now').value.tappedAt === null ? 'now' : 'rate';
  }
}

/**
 * Announces this context's changes of the store to the app's other windows, as its worker does.
 *
 * @param onElsewhere is called after a change made in another window or the worker
 * @returns what announces a change
 */
export function announceChanges(onElsewhere?: () => void): () => void {
  const channel = new BroadcastChannel('block-diary');
  if (onElsewhere) channel.onmessage = onElsewhere;
  return () => channel.postMessage(null);
}

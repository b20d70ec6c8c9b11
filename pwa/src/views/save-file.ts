/** Files made on this phone: handed to another app, or put among the phone's downloads. */

const KEPT_MILLISECONDS = 60_000;

export function canShare(type: string): boolean {
  return navigator.canShare?.({ files: [new File([''], 'diary', { type })] }) ?? false;
}

/** Opens the phone's own choice of apps; that the person chose none is no failure. */
export async function share(file: File): Promise<void> {
  try {
    await navigator.share({ files: [file] });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
  }
}

export function download(file: File): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  // The browser reads it after the click, in its own time.
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MILLISECONDS);
}

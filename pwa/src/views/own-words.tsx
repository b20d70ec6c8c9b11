import { catalogue, language } from '../i18n';
import type { ClinicText } from '../wire';

/** A text of the clinic's own, as it was written: its lines, and the language that it is in. */
export function OwnWords({ of }: { of: ClinicText }) {
  const { text, language: written } = of;
  const other = written !== language.value;
  return (
    <p class="as-written" lang={other ? written : undefined} dir={other ? 'auto' : catalogue.value.dir}>
      {text}
    </p>
  );
}

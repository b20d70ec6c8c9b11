/** The diary as one page to print: a file that needs nothing else, neither the app nor a network. */
import { render } from 'preact';
import { baselines, medicineTimes, readings } from '../domain/picture';
import { dateAndClock, language, t } from '../i18n';
import type { Block, Diary, KeptEntry } from '../state';
import { Curve } from './curve';
import { dataTable } from './data-rows';
import { siteName } from './words';

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #000; max-width: 60em; margin: 1em auto; padding: 0 1em }
svg { width: 100%; max-width: 30em; height: auto } svg text { font-size: 13px }
svg :is(line, polyline, circle) { fill: none; stroke: #000 } svg .grid { stroke: #ccc }
svg .line { stroke-width: 2 } svg .dot { fill: #000 } svg .recalled { fill: #fff; stroke-width: 2 }
.wide { overflow-x: auto } table { border-collapse: collapse; font-size: 12px }
th, td { border: 1px solid #999; padding: 3px 6px; text-align: start; vertical-align: top }
td { min-width: 3.5em }
section { break-inside: avoid-page } tr { break-inside: avoid } @page { size: landscape; margin: 12mm }
@media screen { td:nth-child(-n+2) { white-space: nowrap } }
@media print { body { max-width: none; margin: 0; padding: 0 } .wide { overflow: visible } table { font-size: 11px } }
`;

export function dataPage(diary: Diary): string {
  const root = document.createElement('div');
  const { wholeDiary, now } = diary;
  render(
    <main>
      <h1>{t('Pain diary')}</h1>
      <p>{diary.enrolment.value?.clinicName}</p>
      {wholeDiary.value.map(({ block, entries }) => (
        <OneBlock key={block.id} block={block} entries={entries} now={now.value} />
      ))}
      <p>{t('As it was on the phone. Scores are as they were given; nothing is worked out from them. Your clinic says what they mean.')}</p>
    </main>,
    root,
  );
  const { dir } = document.documentElement;
  const page = `<!doctype html><html lang="${language}" dir="${dir || 'ltr'}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${t('Pain diary')}</title><style>${STYLE}</style></head>
<body>${root.innerHTML}</body></html>`;
  render(null, root);
  return page;
}

function OneBlock({ block, entries, now }: { block: Block; entries: KeptEntry[]; now: number }) {
  const counted = entries.filter(({ state }) => state !== 'rejected').map(({ entry }) => entry);
  const { head, rows } = dataTable(block, entries, now);
  const given = readings(block, counted);
  const before = baselines(block, counted);
  return (
    <section>
      <h2>
        {t('Injection {number}', { number: block.number })}
        {block.performedAt === null ? null : `, ${dateAndClock(Date.parse(block.performedAt))}`}
      </h2>
      {block.performedAt === null || given.length === 0
        ? null
        : block.sites.map((site) => (
            <div key={site}>
              <h3>{siteName(site)}</h3>
              <Curve
                block={block}
                site={site}
                readings={given}
                baseline={before[site]}
                medicine={medicineTimes(block, counted)}
                title={t('Your pain since the injection')}
                describedBy={`table-${block.number}`}
              />
            </div>
          ))}
      <div class="wide">
        <table id={`table-${block.number}`}>
          <thead>
            <tr>{head.map((name) => <th key={name} scope="col">{name}</th>)}</tr>
          </thead>
          <tbody>
            {rows.map((row, place) => (
              <tr key={place}>{row.map((text, column) => <td key={column}>{text}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** The scrape of one service. */
export interface ServiceScrape {
  readonly service: string;
  /** Prometheus text. */
  readonly text: string;
}

/** Tell of the process and so are the same for every service of it. */
const OF_THE_PROCESS = /^(process|nodejs)_/;

/** Samples of one metric; Prometheus wants them together, behind one head. */
interface Metric {
  readonly head: string[];
  readonly samples: string[];
}

/** One scrape for all services: every sample gets the label `service`; what tells of the process is there once, without it. */
export function mergeMetrics(scrapes: readonly ServiceScrape[]): string {
  const metrics = new Map<string, Metric>();
  for (const [index, { service, text }] of scrapes.entries()) {
    for (const block of text.split(/^(?=# HELP )/m)) {
      const name = /^# HELP (\S+)/.exec(block)?.[1];
      if (name === undefined || (index > 0 && OF_THE_PROCESS.test(name))) continue;
      const lines = block.split('\n').filter((line) => line !== '');
      const metric = metrics.get(name) ?? { head: lines.filter((line) => line.startsWith('#')), samples: [] };
      metrics.set(name, metric);
      const samples = lines.filter((line) => !line.startsWith('#'));
      metric.samples.push(...(OF_THE_PROCESS.test(name) ? samples : samples.map((line) => addLabel(line, service))));
    }
  }
  return [...metrics.values()].map(({ head, samples }) => `${[...head, ...samples].join('\n')}\n`).join('\n');
}

function addLabel(sample: string, service: string): string {
  if (/[{,]service="/.test(sample)) return sample;
  return sample.replace(/^([^\s{]+)(\{)?/, (_, name, brace) =>
    brace ? `${name}{service="${service}",` : `${name}{service="${service}"}`,
  );
}

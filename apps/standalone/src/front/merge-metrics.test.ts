import { describe, expect, it } from 'vitest';
import { mergeMetrics } from './merge-metrics.js';

const scrape = (value: number, extra = '') => `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{route="/a"} ${value}
requests_total ${value}

# HELP process_cpu_seconds_total CPU.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 7
${extra}`;

describe('the metrics of all services', () => {
  it('keep the samples of a metric together, each with its service; those of the process are there once', () => {
    const only = '\n# HELP info Build.\n# TYPE info gauge\ninfo{version="1",service="two"} 1\n';
    const merged = mergeMetrics([
      { service: 'one', text: scrape(1) },
      { service: 'two', text: scrape(2, only) },
    ]);
    expect(merged).toBe(`# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{service="one",route="/a"} 1
requests_total{service="one"} 1
requests_total{service="two",route="/a"} 2
requests_total{service="two"} 2

# HELP process_cpu_seconds_total CPU.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 7

# HELP info Build.
# TYPE info gauge
info{version="1",service="two"} 1
`);
  });
});

// Prometheus metrics of one process.
import { Counter, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** What handlers count; `/metrics` renders it. */
export interface Metrics {
  observeRequest(method: string, route: string, status: number, seconds: number): void;
  countStamp(outcome: 'completed' | 'refused'): void;
  countLicense(outcome: 'issued' | 'refused'): void;
  countVerification(conclusion: string): void;
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
  stop(): void;
}

/** Starts measuring. Every label has few values: route templates, never paths with identifiers. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'yinxin_' });
  const durations = new Histogram({
    name: 'yinxin_http_request_duration_seconds',
    help: 'Duration of HTTP requests by route template and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const counter = (name: string, help: string, label: string): Counter =>
    new Counter({ name, help, labelNames: [label], registers: [registry] });
  const stamps = counter('yinxin_stamps_total', 'Stamps by outcome.', 'outcome');
  const licenses = counter('yinxin_licenses_total', 'Licenses by outcome.', 'outcome');
  const verifications = counter('yinxin_verifications_total', 'Verifications by conclusion.', 'conclusion');
  return {
    observeRequest: (method, route, status, seconds) =>
      durations.observe({ method, route, status: String(status) }, seconds),
    countStamp: (outcome) => stamps.inc({ outcome }),
    countLicense: (outcome) => licenses.inc({ outcome }),
    countVerification: (conclusion) => verifications.inc({ conclusion }),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    stop: () => registry.clear(),
  };
}

import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { buildDocument, MetricsRegistry } from '@lockstep/service';
import { notReady, sendJson, sendProblem, sendText } from './answers.js';
import { renderDocsPage } from './docs-page.js';
import { type ApiDocument, mergeDocuments } from './merge-documents.js';
import { mergeMetrics } from './merge-metrics.js';
import { overallReadiness } from './overall-readiness.js';
import type { Front } from './running-service.js';

/** Answers a GET. */
export type OwnRoute = (response: ServerResponse) => Promise<void>;

const VERSION = '0.1.0';
const PUBLIC = new URL('../../public/', import.meta.url);

/** What is answered for all services together. */
export function ownRoutes(front: Front): ReadonlyMap<string, OwnRoute> {
  return new Map<string, OwnRoute>([
    ['/', page('index.html', 'text/html; charset=utf-8')],
    ['/status.css', page('status.css', 'text/css; charset=utf-8')],
    ['/status.js', page('status.js', 'text/javascript; charset=utf-8')],
    ['/status.json', (response) => sendStatus(front, response)],
    ['/health/live', async (response) => sendJson(response, 200, { status: 'up' })],
    ['/health/ready', (response) => sendReadiness(front, response)],
    ['/metrics', (response) => sendMetrics(front, response)],
    ['/api/docs', async (response) => sendText(response, 200, 'text/html; charset=utf-8', docsPage(front))],
    ['/api/docs-json', (response) => sendDocument(front, response)],
  ]);
}

function page(name: string, mediaType: string): OwnRoute {
  return async (response) => sendText(response, 200, mediaType, await readFile(new URL(name, PUBLIC), 'utf8'));
}

async function sendReadiness(front: Front, response: ServerResponse): Promise<void> {
  const report = await overallReadiness(front.state, front.services);
  const isReady = report.status === 'up' || report.status === 'degraded';
  sendJson(response, isReady ? 200 : 503, { service: 'standalone', version: VERSION, ...report });
}

async function sendStatus(front: Front, response: ServerResponse): Promise<void> {
  const { status, services } = await overallReadiness(front.state, front.services);
  const { engines = null, startedAt } = front;
  const rows = Object.entries(services).map(([service, report]) => ({ service, ...report }));
  sendJson(response, 200, { status, version: VERSION, startedAt: startedAt.toISOString(), engines, services: rows });
}

async function sendMetrics(front: Front, response: ServerResponse): Promise<void> {
  const scrapes = await Promise.all(
    front.services.map(async ({ service, app }) => ({ service, text: await app.get(MetricsRegistry).metrics() })),
  );
  sendText(response, 200, 'text/plain; version=0.0.4; charset=utf-8', mergeMetrics(scrapes));
}

function docsPage({ services, rules }: Front): string {
  return renderDocsPage(
    services.map(({ service }) => service),
    rules,
  );
}

async function sendDocument(front: Front, response: ServerResponse): Promise<void> {
  if (front.services.length === 0) return sendProblem(response, '/api/docs-json', notReady(front.state));
  const documents = front.services.map(({ service, app }) => [service, buildDocument(app) as ApiDocument] as const);
  sendJson(response, 200, mergeDocuments(VERSION, new Map(documents)));
}

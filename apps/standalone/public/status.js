// The status page: asks this Lockstep how it is, every second or two, and shows the answer.

const SERVICES_EVERY_MS = 2_000;
const RUN_EVERY_MS = 1_000;
const LISTS_EVERY_MS = 5_000;
const TOKEN_KEY = 'lockstep-token';
const LISTS = ['current', 'connected', 'disconnected', 'exceptions', 'discrepancies', 'hidden'];
/** Groups of the shop's queue, as people call them. */
const SHOP_GROUPS = [
  ['toSend', 'to send'],
  ['inFlight', 'on their way'],
  ['waitingForCallback', 'wait for the shop'],
  ['held', 'held'],
  ['delayed', 'delayed'],
  ['blocked', 'blocked'],
  ['failed', 'failed'],
];
const GOOD = new Set(['up', 'succeeded', 'ready', 'in step']);
const BAD = new Set(['down', 'failed', 'unreachable', 'needs attention']);
const ACTIVE = new Set(['queued', 'running', 'verifying', 'held']);

const number = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const $ = (id) => document.getElementById(id);

/** Lists that this Lockstep does not serve. */
const unserved = new Set();
let token = sessionStorage.getItem(TOKEN_KEY) ?? '';

function element(name, properties = {}, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function showPill(pill, state) {
  pill.textContent = state;
  pill.className = `pill ${GOOD.has(state) ? 'good' : BAD.has(state) ? 'bad' : ''}`;
}

async function showServices() {
  const answer = await fetch('/status.json').catch(() => undefined);
  if (!answer?.ok) {
    showPill($('overall'), 'unreachable');
    return;
  }
  const { status, startedAt, services, engines } = await answer.json();
  showPill($('overall'), status);
  $('since').textContent = `since ${time.format(new Date(startedAt))}`;
  $('services').replaceChildren(...services.map(serviceCard));
  const rows = Object.entries(engines ?? {});
  $('engines').replaceChildren(
    ...rows.flatMap(([name, kind]) => [element('dt', { textContent: name }), element('dd', { textContent: kind })]),
  );
}

function serviceCard({ service, status, checks }) {
  const pill = element('span');
  showPill(pill, status);
  const ailing = Object.entries(checks).filter(([, check]) => check.status !== 'up');
  const note = ailing.map(([name, check]) => `${name}: ${check.status}`).join(', ') || Object.keys(checks).join(', ');
  const link = element('a', { href: `/api/docs/${service}`, textContent: service });
  return element('article', { className: 'card' }, [
    element('div', { className: 'title' }, [element('h3', { className: 'name' }, [link]), pill]),
    element('p', { className: 'note', textContent: note }),
  ]);
}

/** What is answered to the token; signs out when it is refused. */
async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { Authorization: `Bearer ${token}` } });
  if (answer.status === 401) {
    forget('That token is not known here.');
    throw new Error('signed out');
  }
  if (answer.status === 404) unserved.add(path);
  return answer.ok || answer.status === 409 ? answer.json() : undefined;
}

async function showRun() {
  const run = (await ask('/api/sync/runs?pageSize=1'))?.items[0];
  $('start').disabled = run !== undefined && ACTIVE.has(run.state);
  $('run-state').hidden = !run;
  if (!run) {
    $('run-facts').textContent = 'No sync has run yet.';
    return;
  }
  showPill($('run-state'), run.state);
  $('run-facts').textContent = factsOf(run);
  $('phases').replaceChildren(...run.phases.filter(({ state }) => state !== 'skipped').map(phaseLine));
}

function factsOf({ requestedBy, startedAt, finishedAt, ratePerSecond, etaSeconds, error }) {
  const facts = [`asked for by ${requestedBy}`];
  if (startedAt) facts.push(`started ${time.format(new Date(startedAt))}`);
  if (startedAt && finishedAt)
    facts.push(`took ${number.format((Date.parse(finishedAt) - Date.parse(startedAt)) / 1_000)} s`);
  if (ratePerSecond && !finishedAt) facts.push(`${number.format(ratePerSecond)} a second`);
  if (etaSeconds && !finishedAt) facts.push(`${number.format(etaSeconds)} s left`);
  if (error) facts.push(`${error.code}: ${error.message ?? ''}`);
  return facts.join(' · ');
}

function phaseLine({ name, state, expected, received }) {
  const bar = element('progress', { max: expected || 1, value: state === 'done' ? expected || 1 : received });
  bar.setAttribute('aria-label', name);
  const count =
    expected === null ? number.format(received) : `${number.format(received)} of ${number.format(expected)}`;
  const figures = received === 0 && !expected ? state : count;
  return element('li', { className: state }, [
    element('span', { textContent: name }),
    bar,
    element('span', { className: 'figures', textContent: figures }),
  ]);
}

async function showLists() {
  const wanted = [
    ...LISTS.map((list) => [list, `/api/connections/${list}?pageSize=1`]),
    ['recommendation', '/api/doctors?pageSize=1'],
  ].filter(([, path]) => !unserved.has(path));
  const counts = await Promise.all(wanted.map(async ([list, path]) => [list, (await ask(path))?.total]));
  const known = counts.filter(([, total]) => total !== undefined);
  $('counts').replaceChildren(...known.map(count));
  $('lists').hidden = token === '' || known.length === 0;
}

function count([what, total]) {
  return element('div', {}, [
    element('dt', { textContent: what }),
    element('dd', { textContent: number.format(total) }),
  ]);
}

async function showShop() {
  const summary = await ask('/api/shop-update/summary');
  $('shop').hidden = token === '' || !summary;
  if (!summary) return;
  const { attention, stuck, flow } = summary;
  showPill($('shop-state'), attention + stuck.length + summary.failed.items > 0 ? 'needs attention' : 'in step');
  const facts = [`${flow} flow`];
  if (summary.toSend.oldestAgeSeconds !== null)
    facts.push(`the oldest has waited ${number.format(summary.toSend.oldestAgeSeconds)} s`);
  if (attention > 0) facts.push(`${number.format(attention)} need attention`);
  $('shop-facts').textContent = facts.join(' · ');
  $('shop-counts').replaceChildren(...SHOP_GROUPS.map(([group, what]) => count([what, summary[group].items])));
}

async function showReturns() {
  const job = await ask('/api/returns/sync/job');
  $('returns').hidden = token === '' || !job;
  if (!job) return;
  const { enabled, pendingChanges, dateRangeEnd, lastError } = job;
  showPill(
    $('returns-state'),
    lastError ? 'needs attention' : !enabled ? 'off' : pendingChanges > 0 ? 'behind' : 'in step',
  );
  const facts = [`${number.format(pendingChanges)} changes wait for the next window`];
  if (dateRangeEnd) facts.push(`the last one reached ${time.format(new Date(dateRangeEnd))}`);
  if (lastError) facts.push(lastError);
  $('returns-facts').textContent = facts.join(' · ');
}

function showAccess() {
  $('sign-in').hidden = token !== '';
  $('run').hidden = token === '';
  if (token === '') for (const id of ['lists', 'shop', 'returns']) $(id).hidden = true;
}

function forget(reason = '') {
  token = '';
  sessionStorage.removeItem(TOKEN_KEY);
  $('sign-in-problem').textContent = reason;
  showAccess();
}

$('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  token = $('token').value.trim();
  sessionStorage.setItem(TOKEN_KEY, token);
  $('token').value = '';
  $('sign-in-problem').textContent = '';
  showAccess();
  showRun()
    .then(() => Promise.all([showLists(), showShop(), showReturns()]))
    .catch(() => undefined);
});
$('sign-out').addEventListener('click', () => forget());
$('start').addEventListener('click', async () => {
  $('start').disabled = true;
  await ask('/api/sync', { method: 'POST' }).then(showRun, () => undefined);
});

/** Again and again, each time only after the former answer; not while nobody looks. */
function repeat(show, everyMs, isWanted) {
  const again = async () => {
    if (isWanted() && !document.hidden) await show().catch(() => undefined);
    setTimeout(again, everyMs);
  };
  again();
}

showAccess();
repeat(showServices, SERVICES_EVERY_MS, () => true);
repeat(showRun, RUN_EVERY_MS, () => token !== '');
for (const show of [showLists, showShop, showReturns]) repeat(show, LISTS_EVERY_MS, () => token !== '');

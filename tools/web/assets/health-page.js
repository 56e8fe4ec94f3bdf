// The health page: asks for the heartbeat every 10 seconds, for completeness and gaps every minute, and says so
// when the lake does not answer. What somebody has selected is not replaced under them.

import { makeCalendar, maxDays } from './calendar.js';
import { byId, element, fill } from './element.js';
import { formatNumber } from './format.js';
import { announce, openFrame, showError } from './frame.js';
import {
  showConnections,
  showFigures,
  showGaps,
  showProblems,
  showServices,
  showSymbols,
  showUploads,
  showVerdict,
} from './health-panels.js';
import { formatPath, requestJson, serverNowMs } from './request.js';

const healthEveryMs = 10_000;
const qualityEveryMs = 60_000;
const dayMs = 86_400_000;

/** @type {import('./health-panels.js').Health | undefined} */
let health;
/** @type {import('./health-panels.js').Gap[]} */
let gaps = [];
/** @type {import('./calendar.js').QualityDay[]} */
let quality = [];

function draw() {
  const selected = document.getSelection();
  if (
    selected !== null &&
    !selected.isCollapsed &&
    byId('verdict').closest('main')?.contains(selected.anchorNode)
  )
    return;
  if (health === undefined) return;
  const { heartbeat, status } = health;
  if (byId('live').textContent !== status) announce(`the lake is ${status}`);
  byId('live').textContent = status;
  byId('live').dataset.state =
    status === 'healthy' ? 'good' : status === 'degraded' ? 'warn' : 'bad';
  document.title = `${status} · Crypto Lake`;
  showVerdict(byId('verdict'), health);
  const { host, root, version } = health;
  byId('where').textContent = [host, root, version && `version ${version}`]
    .filter(Boolean)
    .join(' · ');
  showGaps(byId('gaps'), gaps);
  byId('gaps-count').textContent = `${formatNumber(gaps.length, 0)} in ${maxDays} days`;
  if (heartbeat === null) return;
  showProblems(byId('problems'), heartbeat.problems);
  showFigures(byId('figures'), heartbeat);
  showServices(byId('services'), heartbeat.services);
  showSymbols(byId('symbols'), heartbeat.collector);
  showConnections(byId('connections'), heartbeat.collector);
  showUploads(byId('uploads'), heartbeat.upload);
}

async function refreshHealth() {
  try {
    health = await requestJson('/api/health');
    showError(undefined);
    draw();
  } catch (thrown) {
    byId('live').textContent = 'Offline';
    byId('live').dataset.state = 'bad';
    showError(thrown);
  }
}

async function refreshQuality() {
  const from = new Date(serverNowMs() - maxDays * dayMs).toISOString().slice(0, 10);
  try {
    const [ofDays, ofGaps] = await Promise.all([
      requestJson(formatPath('/api/quality', { from })),
      requestJson(formatPath('/api/gaps', { from })),
    ]);
    quality = ofDays.days;
    gaps = ofGaps.gaps;
    gaps.sort((a, b) => ((a.from_time ?? a.day) < (b.from_time ?? b.day) ? 1 : -1));
    const none = element('p', { class: 'none' }, 'No day is in the lake yet.');
    fill(byId('calendar'), quality.length === 0 ? none : makeCalendar(quality));
    draw();
  } catch (thrown) {
    showError(thrown);
  }
}

/** Again and again, one after the other. @param {() => Promise<void>} refresh @param {number} everyMs */
async function keepFresh(refresh, everyMs) {
  await refresh();
  setTimeout(() => void keepFresh(refresh, everyMs), everyMs);
}

openFrame({
  r: () => {
    void refreshHealth();
    void refreshQuality();
  },
});
addEventListener('lake:zone', draw);
void keepFresh(refreshHealth, healthEveryMs);
void keepFresh(refreshQuality, qualityEveryMs);

// What every client of the benchmark does around its work: measure its own CPU time from the first
// answer of the exchange to the end, and report to the parent.

/** What a client has cost. */
export type Cost = { messages: number; cpuUs: number; wallMs: number; maxRssBytes: number };

/** Starts to measure; the function returned ends it and reports. */
export function startMeasuring(): (messages: number) => void {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  return (messages) => {
    const { user, system } = process.cpuUsage(cpu);
    const cost: Cost = {
      messages,
      cpuUs: user + system,
      wallMs: performance.now() - startedMs,
      maxRssBytes: process.resourceUsage().maxRSS * 1024,
    };
    process.send!(cost, () => process.exit());
  };
}

// What is seen of a plugin when its row is open.

/** The lines that the host keeps of a plugin: its stream begins with them, and then has a pause. */
async function keptLines(plugin) {
  const abort = new AbortController(), lines = [], pause = () => setTimeout(() => abort.abort(), lines.length ? 150 : 3000);
  let end = pause();
  const log = line => { lines.push(line); clearTimeout(end); end = pause(); };
  try {
    const answer = await send('GET', pathOf(plugin, 'logs'), undefined, 'text/event-stream', abort.signal);
    await readEvents(answer.body.getReader(), abort, {log});
  } catch { /* it is over, as was wished */ }
  clearTimeout(end);
  return lines;
}

/** How a plugin treats the events of a subscription. */
const handlingOf = ({mode, priority, onFailure}) =>
  [mode, priority ? `priority ${priority}` : '', onFailure === 'stop' && 'stops what it cannot judge'];

/** [[title, [[name, value], …]], …]. A name with "!" is there even when nothing was counted. */
function factsOf({pid, generation, uptimeMs, process, lastExit, health, healthMessage, metrics, breakers, latency, connection, ...of}) {
  const counts = (object, names) => Object.entries(names)
    .filter(([key, name]) => object?.[key] || name.endsWith('!'))
    .map(([key, name]) => [name.replace('!', ''), whole(object?.[key] ?? 0)]);
  return [
    ['Process', [['pid', pid ?? nothing], ['instance', generation ? `no. ${generation}` : nothing],
      ['ready for', uptimeMs === undefined ? nothing : long(uptimeMs)],
      ['memory', process ? bytes(process.memoryBytes) : nothing],
      ['processor', process ? long(process.cpuMs, true) : nothing],
      ...counts(process, {threads: 'threads', descriptors: 'descriptors'}),
      ...lastExit ? [['last end', `${visible(lastExit.text)}, ${when(lastExit.time)}`]] : []]],
    ...of.sandbox ? [['Sandbox', [['enforced', of.sandbox.level], ['mode', of.sandbox.mode], ['preset', of.sandbox.preset],
      ...['files', 'network', 'processes', 'signals', 'memory'].map(area => [area, of.sandbox[area]]),
      ...of.sandbox.missing.length ? [['missing', visible(of.sandbox.missing.join('; '))]] : []]]] : [],
    ['Health', [['says', health === 'unknown' ? nothing : health], ...healthMessage ? [['because', visible(healthMessage)]] : [],
      ...metrics.slice(0, 16).map(one => [visible(one.name), whole(one.value)]),
      ...breakers.filter(one => one.opened).map(one => [`breaker of ${visible(one.work)}`, `${one.state}, opened ${one.opened}×`])]],
    ['Calls', [
      ...counts(of.calls, {asked: 'asked!', succeeded: 'answered!', failed: 'errors', timedOut: 'timed out', cancelled: 'cancelled',
        overloaded: 'overloaded', circuitOpen: 'breaker open', unavailable: 'unavailable'}),
      ...counts(of.queues, {queuedCalls: 'queued', callsInFlight: 'in flight'}),
      ...counts(of.reverseCalls, {asked: 'asked the host', denied: 'denied', unknown: 'unknown', failed: 'failed'})]],
    ['Latency', [['median', 'p50Ms'], ['90 %', 'p90Ms'], ['99 %', 'p99Ms'], ['longest', 'maxMs']]
      .map(([name, key]) => [name, latency.count ? inMs(latency[key]) : nothing])],
    ['Events', [...counts(of.events, {delivered: 'got!', emitted: 'put in', stopped: 'stopped', modified: 'changed',
      failed: 'failed', dropped: 'lost'}), ...counts(of.queues, {queuedEvents: 'queued'})]],
    ['Output', [...counts(of.logs, {lines: 'lines!', suppressed: 'suppressed', cut: 'cut'}),
      ...counts(connection, {pollutionBytes: 'stray bytes', badBodies: 'bad messages', lateReplies: 'late answers'})]],
  ];
}

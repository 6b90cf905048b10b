// The lines of the list.

const limit = 2000; // of what is kept, and of what waits while the list pauses
const levels = ['debug', 'info', 'warn', 'error'];
let items = [], arriving = [], paused = false, unread = 0, lost = 0;

// An item is {kind, time, level, plugins, text, shape, word, tone, who, what, more}: `text` is what is searched, `what()`
// and `more()` make what is shown.
function logItem({time, level, plugin, source, message, fields, pid, generation}) {
  const said = visible(message), extra = fields ? brief(fields) : '', most = 500;
  return {kind: 'log', time, level: Math.max(0, levels.indexOf(level)), plugins: [plugin], generation,
    text: `${plugin} ${level} ${message.slice(0, 4096)} ${extra}`, key: [time, plugin, pid, generation, message.slice(0, 256)].join(),
    message: message.slice(0, 2000),
    word: level, who: plugin || source, ...{warn: {shape: 'warning', tone: 'warn'}, error: {shape: 'octagon', tone: 'bad'}}[level],
    what: () => [el('bdi', null, clip(said, most)), extra && el('span.fields', null, ` ${clip(extra, most)}`)],
    more: said.length + extra.length > most && (() => el('pre', null, clip(said, 65_536), fields && `\n${pretty(fields)}`)),
    moreWord: said.length > most ? `+ ${whole(said.length - most)} characters` : 'more'};
}
function eventItem({time, type, source, payload, decided, told, stopped, modified, stoppedBy, reason, plugins}) {
  const who = outcome => plugins.filter(outcomeOf(outcome)).map(one => one.plugin);
  const text = brief(payload), failed = [...who('failed'), ...who('timed_out')], absent = who('absent');
  return {kind: 'event', time, level: failed.length + absent.length ? 2 : 1, plugins: [source, ...plugins.map(one => one.plugin)],
    text: [type, source, text, stoppedBy, reason, ...plugins.map(one => one.plugin)].join(' '), shape: 'arrow', word: 'event', who: type,
    what: () => [source && `from ${visible(source)}, `,
      stopped ? [sign('bad', 'octagon', `stopped by ${visible(stoppedBy) || 'nobody'}`), reason && [': ', el('bdi', null, beginning(reason, 300))]]
        : modified ? sign('warn', 'wave', `changed by ${visible(joined(who('modified')))}`)
        : decided ? sign('good', 'check', 'passed') : el('span.muted', null, told ? `told ${many(told, 'plugin')}` : 'told nobody'),
      failed.length > 0 && el('span.bad', null, `, ${visible(joined(failed))} failed`),
      absent.length > 0 && el('span.bad', null, `, without ${visible(joined(absent))}`),
      el('span.fields', {dir: 'auto'}, ` ${clip(text, 150)}`)],
    more: () => [plugins.length > 0 && chips(plugins), el('pre', null, pretty(payload))], moreWord: 'more'};
}
function changeItem({time, plugin, from, to, cause, reason}) {
  const [shape, tone, word] = lookOf(to), words = because({cause, text: reason});
  return {kind: 'change', time, level: ['backoff', 'failed'].includes(to) ? 3 : 1, plugins: [plugin],
    text: `${plugin} ${from} ${to} ${words}`, shape, tone, word: 'state', who: plugin,
    what: () => [`${wordFor(from)} → `, el('strong', null, word), words && [', ', el('bdi', null, clip(words, 500))]]};
}
const note = what => ({kind: 'note', time: Date.now(), plugins: [], text: '', shape: 'dash', word: 'note', who: '', what: () => what});

function drawItem(item) {
  const what = el('span.what', null, item.what());
  const node = el(`div.entry.${item.kind}.${levels[item.level]}`, null, timeOf(item.time, true),
    el(`span.kind.${item.tone ?? 'muted'}`, null, glyph(item.shape ?? 'dot'), item.word), el('bdi.who', null, visible(item.who)), what);
  if (item.more) what.append(el('button', {type: 'button', tabIndex: -1, 'aria-expanded': 'false', onclick: event => {
    const open = node.querySelector('.more');
    if (open) open.remove(); else node.append(el('div.more', null, item.more()));
    event.currentTarget.setAttribute('aria-expanded', String(!open));
    place.take();
  }}, item.moreWord));
  return item.node = node;
}

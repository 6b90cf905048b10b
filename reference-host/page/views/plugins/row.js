// A plugin in the list.

const rows = new Map(); // by name
const retry = /;? ?(retry \d+ of \d+) in .*$/; // as the host counts them

/** One plugin in the list. Made once and then kept up to date, so that nobody loses their place in it. */
class Row {
  samples = []; // of latency, by interval
  longest = 0; // of what a retry was waited for

  constructor(name) {
    this.name = name;
    const value = (name, of = '', label = name) => el(`div${of}`, null, el('dt', null, label), this[name] = el('dd'));
    this.node = el('li.listed.plugin', {id: `plugin-${name}`},
      el('div.columns', null,
        el('div.name', null,
          this.open = el('button', {type: 'button', 'aria-expanded': 'false', 'aria-controls': `detail-${name}`,
            onclick: () => this.toggle()}, glyph('chevron'), el('bdi', null, name)),
          this.purpose = el('small.purpose', {dir: 'auto'}), this.about = el('small.kind')),
        this.state = el('div.state'),
        el('dl', null, value('Restarts'), value('Rate', '', 'Per second'), value('Latency', '.latency'), value('Memory')),
        el('div.quick', null, this.quick = el('button', {type: 'button', needs: 'plugins:operate', onclick: () => this.act(this.quick.action)}))),
      this.said = el('p.refusal.indented', {role: 'alert'}), this.question = el('div'),
      this.crash = el('div.crash', {hidden: true}),
      this.detail = el('div.detail', {id: `detail-${name}`, hidden: true, role: 'region', 'aria-label': `More about ${name}`}));
    this.spark = sparkline();
    this.Latency.append(this.spark.node, this.recent = el('span'));
  }

  /** A status of the host, which was asked for before `now`. */
  update(status, now) {
    const first = !this.status;
    this.status = status;
    if (first || now - this.sampledAt >= 1500) this.sample(now);
    this.retryAt = status.state === 'backoff' ? now + (status.nextRetryMs ?? 0) : null;
    if (status.state === 'ready' || status.commands?.length) this.commands = status.commands;
    const {state, reason, generation, lastExit} = status;
    if (!first) this.change(state, reason, generation, Date.now());
    else if (['backoff', 'failed'].includes(state)) this.goDown(state, reason, generation, lastExit?.time ?? Date.now());
    this.seen = `${state} ${generation}`;
    this.draw();
  }
  sample(now) {
    const {latency, events, calls, reverseCalls} = this.status, last = this.totals;
    const totals = this.totals = {count: latency.count, sum: latency.count * latency.meanMs,
      events: events.delivered + events.emitted, calls: calls.asked + reverseCalls.asked};
    if (last && totals.count >= last.count && totals.calls >= last.calls) { // else the host is another one
      const seconds = (now - this.sampledAt) / 1000, answered = totals.count - last.count;
      this.samples.push(answered > 0 ? Math.max(0, (totals.sum - last.sum) / answered) : null);
      if (this.samples.length > 36) this.samples.shift();
      this.rates = {events: Math.max(0, totals.events - last.events) / seconds, calls: (totals.calls - last.calls) / seconds};
    }
    this.sampledAt = now;
  }

  /** Told by a stream as it happens, and found by comparing. The second one of the two changes nothing. */
  change(to, reason, generation, time, log) {
    if (this.seen === `${to} ${generation}`) return;
    this.seen = `${to} ${generation}`;
    Object.assign(this.status, {state: to, reason});
    if (to === 'backoff' || to === 'failed' || to === 'stopping' && unasked.includes(reason.cause))
      this.goDown(to, reason, generation, time, log);
    else if (to === 'ready' && this.trouble) this.trouble.over ??= time;
    else if (to === 'stopped') this.trouble = null;
    const tone = lookOf(to)[1];
    this.node.style.setProperty('--tint', `var(--${['good', 'warn', 'bad'].includes(tone) ? tone : 'accent'}-soft)`);
    this.node.classList.remove('flash');
    void this.node.offsetWidth; // begins the animation anew
    this.node.classList.add('flash');
    if (tone !== 'busy') put($('announcer'), `${this.name}: ${wordFor(to)}. ${to === 'ready' ? '' : because(reason)}`);
  }
  goDown(state, reason, generation, time, log) {
    const old = this.trouble && !this.trouble.over ? this.trouble : null;
    if (old?.generation !== generation) this.trouble = {time: old?.time ?? time, generation, reason};
    else if (unasked.includes(reason.cause)) old.reason = reason;
    if (log) this.trouble.log = log;
    this.trouble.gaveUp = state === 'failed';
  }

  draw() {
    const {status, node, trouble} = this, [shape, tone, word] = lookOf(status.state);
    const health = status.state === 'ready' && ['warning', 'critical'].includes(status.health) ? status.health : '';
    node.classList.toggle('trouble', trouble ? !trouble.over : status.state === 'blocked');
    node.classList.toggle('failed', status.state === 'failed');
    node.classList.toggle('over', !!trouble?.over);
    if (status.version) this.kind = [`v${visible(status.version)}`, ...status.types.map(visible)]; // which is unknown without a process
    if (status.state !== 'ready') this.question.replaceChildren();
    put(this.about, joined([...this.kind ?? [], !status.enabled && 'disabled'], ' · ') || nothing);
    if (status.description) put(this.purpose, beginning(status.description, 400));
    fill(this.state, word + health, () => [
      sign(tone, shape),
      el('span', null, el(`strong.${tone}`, null, word), health && [' · ', sign(health === 'critical' ? 'bad' : 'warn', health, health)]),
      this.line = el('small', {dir: 'auto'})]);
    put(this.line, health ? visible(status.healthMessage) : status.state === 'ready' ? `for ${long(status.uptimeMs ?? 0)}`
      : trouble ? '' : because(status.reason));
    put(this.Restarts, whole(status.restarts));
    this.Restarts.className = status.restarts ? '' : 'muted';
    const [events, calls] = [rate(this.rates?.events ?? 0), rate(this.rates?.calls ?? 0)];
    const works = this.rates && (status.process || status.state === 'ready');
    fill(this.Rate, works ? `${events} ${calls}` : nothing, () => !works ? nothing : [
      el(events === '0' ? 'span.muted' : 'span', null, `${events} events`), el('small', null, `${calls} calls`)]);
    this.spark.draw(this.samples);
    const recent = this.samples.findLast(one => one !== null) ?? (status.latency.count ? status.latency.p50Ms : null);
    put(this.recent, recent === null ? nothing : inMs(recent));
    put(this.Memory, status.process ? bytes(status.process.memoryBytes) : nothing);
    this.quick.action = !status.enabled ? 'Enable' : ['stopped', 'failed'].includes(status.state) ? 'Start' : 'Restart';
    put(this.quick, this.quick.action);
    this.quick.setAttribute('aria-label', `${this.quick.action} ${this.name}`);
    enable(this.quick, !this.acting);
    this.drawCrash();
    if (!this.detail.hidden) this.drawDetail(status);
  }

  drawCrash() {
    const {trouble, crash} = this;
    show(crash, !!trouble);
    if (!trouble) return;
    const {time, over, gaveUp, reason} = trouble, lines = crash.querySelector('ol');
    const link = (words, onclick, more) => el('button.plain', {type: 'button', onclick, ...more}, words);
    fill(crash, [time, over, gaveUp, because(reason)].join(), () => [
      el('div.row', null,
        el('strong', null, over ? `Back after ${long(over - time, true)}` : gaveUp ? 'Given up' : 'Down'),
        el('span', null, timeOf(time), ' ', el('bdi', null, clip(because(reason).replace(retry, ''), 300))),
        link('Its last lines', event => this.lastLines(event.currentTarget), {'aria-expanded': String(!!lines)}),
        link('Its activity', () => showOnly(this.name)),
        (over || gaveUp) && link('Dismiss', () => { this.trouble = null; this.draw(); this.open.focus(); }),
        this.left = el('span.count')),
      this.bar = over || gaveUp ? null : el('progress', {value: 0, 'aria-label': 'Time until the next start'}),
      lines]);
    this.count();
  }
  count() {
    const {trouble, left} = this;
    if (!trouble || trouble.over) return;
    const wait = this.retryAt === null ? 0 : Math.max(0, this.retryAt - performance.now());
    const which = trouble.reason.text.match(retry)?.[1] ?? 'retry';
    put(left, trouble.gaveUp ? '' : wait > 0 ? `${which} in ${long(wait, true)}` : wordFor(this.status.state));
    this.longest = wait > 0 ? Math.max(this.longest, wait) : 0;
    if (this.bar) this.bar.value = wait > 0 ? 1 - wait / this.longest : 1;
  }

  /** As the host says with the change; a page that came later asks for what is kept. */
  async lastLines(button) {
    const old = this.crash.querySelector('ol'), {log, generation} = this.trouble;
    button.setAttribute('aria-expanded', String(!old));
    if (old) return old.remove();
    const list = el('ol', {tabIndex: 0, 'aria-label': `Last lines of ${this.name}`}, log ? [] : el('li.muted', null, 'Asking the host…'));
    this.crash.append(list);
    const lines = log ? log.trimEnd().split('\n') : (await keptLines(this.name))
      .filter(one => one.generation === generation).slice(-50).map(one => `${one.level}: ${one.message}`);
    list.replaceChildren(...lines.length ? lines.map(line => el('li', null, el('bdi', null, beginning(line, 2000))))
      : [el('li.muted', null, 'It wrote none.')]);
    list.scrollTop = list.scrollHeight;
  }

  /** What works is not stopped by a slip. */
  wish(action, by) {
    if (this.status.state !== 'ready') return this.act(action);
    askFirst(this.question, by, {title: `${action} ${this.name}?`, words: 'It works, and gets nothing more then.',
      yes: `${action} it`, no: 'Keep it running'}, () => this.act(action));
  }
  async act(action) {
    const at = document.activeElement;
    this.acting = true;
    this.question.replaceChildren();
    put(this.said, '');
    this.draw();
    try {
      const status = await ask('POST', pathOf(this.name, action.toLowerCase()));
      this.changedAt = performance.now(); // a list that was asked for before is older
      this.update(status, this.changedAt); // no stream tells whether it is enabled
      put($('announcer'), `${this.name}: ${wordFor(status.state)}`);
    } catch (error) { put(this.said, `${action}: ${wordsOf(error)}`); }
    this.acting = false;
    this.draw();
    // A button that may not be pressed meanwhile, or is there no more, lost the focus.
    if (this.node.contains(at) && [document.body, at].includes(document.activeElement))
      (at.checkVisibility() ? at : this.open).focus({preventScroll: true});
    refresh();
  }

  toggle() {
    show(this.detail, this.detail.hidden);
    this.open.setAttribute('aria-expanded', String(!this.detail.hidden));
    if (!this.buttons) {
      this.buttons = ['Stop', 'Disable'].map(action =>
        el('button', {type: 'button', needs: 'plugins:operate', onclick: event => this.wish(action, event.currentTarget)}, action));
      this.detail.append(el('div.row', null, this.buttons), this.facts = el('div.blocks'), this.declares = el('div.blocks'),
        el('div', null, el('h3', null, 'What happened'), this.past = el('ol')), configuration(this.name, jsonEditor(this.name)));
    }
    this.draw();
  }
  drawDetail(status) {
    const off = ['stopped', 'failed'].includes(status.state);
    const possible = {Stop: !off, Disable: status.enabled}; // the rest is the row's button
    for (const button of this.buttons) {
      show(button, possible[button.textContent]);
      enable(button, !this.acting);
    }
    const facts = factsOf(status);
    fill(this.facts, JSON.stringify(facts), () => facts.map(([title, pairs]) => el('div', null, el('h3', null, title),
      el('dl.facts', null, pairs.map(([name, value]) => [el('dt', null, name), el('dd', null, String(value))])))));
    const {subscriptions, required = [], absent, absentOf = {}, commands, routes, permissions, needs, capabilities, refused, warnings = [], history, leftOut = {}} = status;
    const block = (title, list, words, more) => el('div', null, el('h3', null, title), el('ul', null,
      list.length ? list.map(one => el('li', null, words(one))) : el('li.muted', null, nothing),
      more > 0 && el('li', null, el('small', null, `and ${whole(more)} more`))));
    const away = {hold: 'held while it is not there', stop: 'stopped while it is not there'};
    const rules = [...required.map(type => ({type, rule: 'required'})),
      ...Object.entries({...absent !== 'pass' && {'*': absent}, ...absentOf}).filter(([, what]) => away[what])
        .map(([type, what]) => ({type, rule: away[what]}))];
    const about = text => el('small', null, ` ${beginning(text, 200)}`);
    fill(this.declares, JSON.stringify([subscriptions, rules, commands, routes, permissions, needs, refused, warnings, leftOut]), () => [
      block('Subscriptions', [...subscriptions, ...rules], one => [code(one.type), about(one.rule ?? joined(handlingOf(one)))],
        leftOut.subscriptions),
      block('Commands', commands, one => [code(one.name), about(one.description)], leftOut.commands),
      block('Routes', routes, one => [code(`${one.method} ${one.path}`), about(joined([one.auth && 'with a token', one.description]))],
        leftOut.routes),
      block('Permissions', permissions, code), block('Needs', needs, code),
      block('Capabilities', capabilities, code, leftOut.capabilities),
      refused.length > 0 && block('Refused by the host', refused, text => el('span.bad', null, visible(text))),
      warnings.length > 0 && block('Warnings', warnings, text => el('span.bad', null, visible(text)))]);
    const past = history.slice(-8).reverse();
    fill(this.past, JSON.stringify(past), () => past.map(one => el('li', null,
      el('span.muted', null, timeOf(one.time)), ` ${wordFor(one.to)} `, el('small', null, because(one.reason)))));
  }
}

/** Bars: the mean of each interval, and the base alone where nothing was answered. */
function sparkline() {
  const bars = svg('path', {class: 'bars'});
  const node = svg('svg', {class: 'spark', viewBox: '0 0 107 26', role: 'img'}, svg('path', {class: 'base', d: 'M0 25.5H107'}), bars);
  return {node, draw(samples) {
    const known = samples.filter(one => one !== null), most = Math.max(.5, ...known);
    const drawn = samples.map((one, at) => one === null ? ''
      : `M${1 + 3 * (at + 36 - samples.length)} 25V${(25 - Math.max(1, 24 * one / most)).toFixed(1)}`).join('');
    if (bars.getAttribute('d') === drawn) return;
    bars.setAttribute('d', drawn);
    node.setAttribute('aria-label', known.length ? `${inMs(Math.min(...known))} to ${inMs(Math.max(...known))}` : nothing);
  }};
}

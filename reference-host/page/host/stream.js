// What the host sends as it happens.

/** Server-sent events by fetch(), because EventSource cannot say who asks. `hear` has a function for each event, and
    `state` for the stream's own. It comes back by itself, ever more slowly, unless the host refuses it. */
class Stream {
  static all = new Set();
  state = 'off';

  constructor(path, hear) { Object.assign(this, {path, hear}); }
  open() {
    Stream.all.add(this);
    this.live(this.run = {});
    return this;
  }
  close() {
    this.run = null;
    this.abort?.abort();
    this.wake?.();
    this.end('off');
  }
  end(state) { Stream.all.delete(this); this.become(state); }
  become(state) {
    this.state = state;
    this.hear.state?.(this);
    tell('connection');
  }

  async live(run) {
    this.become('connecting');
    for (let tries = 0; this.run === run; ++tries) {
      const begun = performance.now();
      let refusal = null;
      this.abort = new AbortController();
      try {
        const headers = authorized({accept: 'text/event-stream'});
        const answer = await fetch(this.path, {headers, cache: 'no-store', signal: this.abort.signal});
        if (!answer.ok) throw await Refusal.of(answer);
        this.become('open');
        await readEvents(answer.body.getReader(), this.abort, this.hear);
      } catch (error) {
        // Of a host that only starts, or has too much to do, it is worth to ask again.
        if (error instanceof Refusal && error.status < 500 && error.status !== 429) refusal = error;
      }
      if (this.run !== run) return;
      this.refusal = refusal;
      if (refusal) return this.end('refused');
      if (performance.now() - begun > 5000) tries = 0;
      const wait = Math.min(10_000, 500 * 2 ** tries) * (.8 + Math.random() * .4);
      this.retryAt = performance.now() + wait;
      this.become('waiting');
      await new Promise(done => { this.wake = done; setTimeout(done, wait); });
    }
  }
}

/** Server-sent events until they end: `hear` has a function for each. */
async function readEvents(reader, abort, hear) {
  const decoder = new TextDecoder();
  let rest = '', event = '', data = [];
  for (;;) {
    const silence = setTimeout(() => abort.abort(), 45_000); // the host says something every 15 seconds
    const piece = await reader.read().finally(() => clearTimeout(silence));
    if (piece.done) return;
    rest += decoder.decode(piece.value, {stream: true});
    const lines = rest.split(/\r\n|\n|\r(?=[^\n])/);
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith('event:')) event = line.slice(6).trim();
      else if (line.startsWith('data:')) data.push(line.slice(5));
      else if (line === '') {
        if (data.length) hear[event]?.(JSON.parse(data.join('\n')));
        [event, data] = ['', []];
      }
    }
  }
}

function tryNow() { for (const one of Stream.all) one.wake?.(); refresh(); }

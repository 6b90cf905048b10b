// Browsers allow six connections to one host, for all their windows together. So one window listens, and tells the rest
// what it hears; when it closes another one takes over. Where a browser has no locks every window listens. Windows with
// another token are others: they do not see the same.

const listener = {
  channel: navigator.locks && self.BroadcastChannel ? new BroadcastChannel('tenon') : null,
  me: Math.random(), recent: [],

  start() {
    tell('begun');
    if (!this.channel) return this.streams.forEach(stream => stream.open());
    const {signal} = this.leaving = new AbortController();
    this.channel.onmessage = ({data}) => this.told(data);
    this.post({hello: this.me});
    navigator.locks.request(`tenon ${token}`, {signal}, () => {
      if (signal.aborted) return; // it was granted as this one left
      for (const stream of this.streams) stream.open();
      return new Promise(done => { this.release = done; });
    }).catch(() => { /* it left before its turn */ });
  },
  stop() {
    this.leaving?.abort();
    if (this.channel) this.channel.onmessage = null;
    for (const stream of this.streams) stream.close();
    this.release?.();
    this.release = null;
  },

  heard(event, value) {
    tell(event, value);
    this.recent.push([event, value]);
    if (this.recent.length > 100) this.recent.shift();
    this.post({said: [[event, value]]});
  },
  post(message) { this.channel?.postMessage({...message, by: token}); },
  changed({state, refusal}) {
    if (state === 'refused' && refusal.status === 401) lock(refusedToken); // else the page goes on without it
    if (state === 'open') { tell('begun'); refresh(); }
    if (this.release) this.inform({});
  },
  inform(more) {
    this.post({...more, streams: this.streams.map(({state, retryAt, refusal}) =>
      [state, retryAt - performance.now(), refusal?.message])});
  },
  /** Asks the other windows, now and whenever one of them is let in. */
  seekToken() {
    if (!this.channel) return;
    this.channel.onmessage = ({data: {found, seeker, token}}) => {
      if (found) this.channel.postMessage({seeking: this.me});
      if (seeker === this.me && !refused.has(token)) unlock(token);
    };
    this.channel.postMessage({seeking: this.me});
  },
  /** By another window. */
  told({seeking, hello, wake, by, to = this.me, said = [], streams = []}) {
    if (seeking && takenToken) this.channel.postMessage({seeker: seeking, token: takenToken});
    if (by !== token) return;
    if (hello && this.release) this.inform({to: hello, said: this.recent});
    if (wake) tryNow();
    if (this.release || to !== this.me) return;
    for (const [event, value] of said) tell(event, value);
    streams.forEach(([state, wait, refused], at) => {
      const stream = this.streams[at];
      if (state === 'open' && stream.state !== 'open') refresh();
      Object.assign(stream, {state, retryAt: performance.now() + wait, refusal: refused && {message: refused}});
      if (state === 'refused') Stream.all.delete(stream); else Stream.all.add(stream);
    });
    tell('connection');
  },
};
listener.streams = ['/api/v1/logs', '/api/v1/events'].map(path => new Stream(path, {
  ...Object.fromEntries(['log', 'event', 'change', 'lost'].map(event => [event, value => listener.heard(event, value)])),
  state: stream => listener.changed(stream)}));

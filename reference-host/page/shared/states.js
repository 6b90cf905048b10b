// The states of plugins and what leads to them, in words and signs.

const states = { // how each looks, and what it is called
  ready: ['ready', 'good', 'ready'], starting: ['busy', 'busy', 'starting'], handshaking: ['busy', 'busy', 'shaking hands'],
  stopping: ['busy', 'busy', 'stopping'], backoff: ['warning', 'warn', 'waiting to retry'],
  blocked: ['blocked', 'warn', 'blocked'], failed: ['octagon', 'bad', 'failed'], stopped: ['stopped', 'idle', 'stopped'],
};
const lookOf = state => states[state] ?? ['dot', 'idle', visible(state)];
const wordFor = state => lookOf(state)[2];
const causes = {
  crashed: 'crashed', exited: 'ended by itself', health: 'did not answer', protocol: 'broke the protocol',
  limit: 'broke a limit', start: 'could not be started', handshake: 'failed its handshake',
  dependency: 'waits for another plugin', requested: 'on request', reload: 'reloaded', config: 'by its configuration',
  shutdown: 'the host ends', progress: '',
};
const unasked = ['crashed', 'exited', 'health', 'protocol', 'limit', 'start', 'handshake'];
const because = ({cause, text}) => joined([causes[cause] ?? visible(cause), visible(text)], ': ');

// Asks the host again and again how everything is.

let refreshing = false, refreshAgain = false, refreshTimer = 0, rounds = 0, moving = false;
let reached = null; // whether the host answered: null where it was not asked yet
function nowReached(yes) {
  if (reached === yes) return;
  reached = yes;
  tell('connection');
}
on('unlocked', () => { rounds = 0; nowReached(null); }); // what the token may is wanted first
/** While it asks, one more wish is remembered. */
async function refresh() {
  if (!token || document.hidden) return;
  if (refreshing) { refreshAgain = true; return; }
  clearTimeout(refreshTimer);
  refreshing = true;
  const by = token;
  let took = 0;
  try {
    if (rounds++ % 2 === 0) {
      const status = await ask('GET', '/api/v1/status');
      if (by === token) tell('status', status);
    }
    const asked = performance.now(), {plugins} = await ask('GET', '/api/v1/plugins');
    if (by === token) wasLetIn();
    nowReached(true);
    moving = plugins.some(one => ['busy', 'warn'].includes(lookOf(one.state)[1]));
    tell('list', plugins, asked);
    took = performance.now() - asked;
  } catch (error) {
    nowReached(error instanceof Refusal);
    if (error.status === 403 && by === token) { wasLetIn(); tell('unseen', wordsOf(error)); }
  }
  refreshing = false;
  // A host with a thousand plugins has much to say: it is asked less often.
  refreshTimer = setTimeout(refresh, Math.max(refreshAgain ? 50 : moving ? 700 : 2000, 5 * took));
  refreshAgain = false;
}

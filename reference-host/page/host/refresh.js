// Asks the host again and again how everything is.

let refreshing = false, refreshAgain = false, refreshTimer = 0, rounds = 0, moving = false;
/** While it asks, one more wish is remembered. */
async function refresh() {
  if (!token || document.hidden) return;
  if (refreshing) { refreshAgain = true; return; }
  clearTimeout(refreshTimer);
  refreshing = true;
  const asked = performance.now();
  let took = 0;
  try {
    const by = token, {plugins} = await ask('GET', '/api/v1/plugins');
    if (by === token) wasLetIn();
    moving = plugins.some(one => ['busy', 'warn'].includes(lookOf(one.state)[1]));
    tell('list', plugins, asked);
    took = performance.now() - asked;
    if (rounds++ % 2 === 0) tell('status', await ask('GET', '/api/v1/status'));
  } catch { /* the streams say when the host is gone */ }
  refreshing = false;
  // A host with a thousand plugins has much to say: it is asked less often.
  refreshTimer = setTimeout(refresh, Math.max(refreshAgain ? 50 : moving ? 700 : 2000, 5 * took));
  refreshAgain = false;
}
